"""Tapehead as a mitmproxy script: what is wrong ends mitmdump with one line and exit code 1, before its port is open.

mitmproxy has no word for either, so that it is done by hand. Knows how a process ends, and nothing of cassettes.
"""

import atexit
import logging
import os
import sys
from typing import NoReturn

try:
    from tapehead.mitm import checked  # noqa: F401  before what follows fails at a name that is gone
except ImportError as e:
    sys.exit(f"tapehead: {e}")

from tapehead.cassette.errors import CassetteNotFoundError
from tapehead.modes import Mode
from tapehead.proxy.addon import Tapehead
from tapehead.started_by import StartedBy, to_record


class Script(Tapehead):
    """What `addon/record.py` and `addon/replay.py` give to mitmproxy."""

    def __init__(self, default_mode: Mode) -> None:
        super().__init__(default_mode, token=os.environ.get("TAPEHEAD_TOKEN", ""))
        self.log.install()  # until the process ends

    def fail(self, error: Exception) -> NoReturn:
        """Ends the process with one line and exit code 1.

        mitmproxy would show an exception with its traceback, and end at an error in the log only after the port was
        open.
        """
        self.set_offline()
        what = f"; {to_record(StartedBy())}" if isinstance(error, CassetteNotFoundError) else ""
        sys.exit(f"tapehead: {error}{what}")

    def on_open(self) -> None:
        """Has the files finished at the process's end: mitmproxy calls `done` only when its own start-up succeeded."""
        atexit.register(self._done_without_log)

    def on_close(self, *, failed: bool) -> None:
        """Makes a run that failed end the process with exit code 1, which mitmproxy cannot be told."""
        atexit.unregister(self._done_without_log)
        if failed:
            atexit.register(_exit_with_1)

    def _done_without_log(self) -> None:
        logging.disable()  # mitmproxy's handlers need its event loop, which is gone
        self.done()


def _exit_with_1() -> None:
    """Gives a process that is ending its exit code, once all else is done."""
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(1)
