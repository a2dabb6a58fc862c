"""What holds for all tests: in CI the generated examples are the same in every run, elsewhere new ones are tried."""

import os

from hypothesis import settings

os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "0")  # its handlers of fork break what is started beside it

collect_ignore = ["samples"]  # projects of users, run by tests as users run them

if os.environ.pop("CI", ""):  # `auto` would only replay, in each program that a test starts
    os.environ["TESTS_IN_CI"] = "true"

settings.register_profile("ci", derandomize=True)
if os.environ.get("TESTS_IN_CI"):
    settings.load_profile("ci")
