"""What holds for all tests: in CI the generated examples are the same in every run, elsewhere new ones are tried."""

import os

from hypothesis import settings

settings.register_profile("ci", derandomize=True)
if os.environ.get("CI"):
    settings.load_profile("ci")
