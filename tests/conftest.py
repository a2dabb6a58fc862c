"""What holds for all tests: in CI the generated examples are the same in every run, elsewhere new ones are tried."""

import os

from hypothesis import settings

os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "0")  # its handlers of fork break what is started beside it

collect_ignore = ["samples"]  # projects of users, run by tests as users run them

settings.register_profile("ci", derandomize=True)
if os.environ.get("CI"):
    settings.load_profile("ci")
