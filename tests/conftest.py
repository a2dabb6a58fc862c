"""What holds for all tests: in CI the generated examples are the same in every run, elsewhere new ones are tried."""

import os

from hypothesis import settings

collect_ignore = ["samples"]  # projects of users, run by tests as users run them

settings.register_profile("ci", derandomize=True)
if os.environ.get("CI"):
    settings.load_profile("ci")
