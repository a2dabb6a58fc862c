"""A mitmproxy script that makes the disk fail while a file is there: `TAPEHEAD_FAULTS` names the folder.

In it `EIO` or another error's name makes each write of a cassette fail with it, `SLOW` holds up each sync by as many
milliseconds as it says. The faults are in the real process, where the store calls the system.
"""

import errno
import os
import time
from pathlib import Path

from tapehead.cassette import store

_FOLDER = Path(os.environ["TAPEHEAD_FAULTS"])
_NAMES = ("EIO", "EDQUOT", "ENOSPC", "EROFS")
_pwrite, _sync = os.pwrite, store._sync


def _failing(file: int, data: bytes, offset: int) -> int:
    for name in _NAMES:
        if (_FOLDER / name).exists():
            _pwrite(file, bytes(data)[: len(data) // 2], offset)  # half of it goes through
            number = getattr(errno, name)
            raise OSError(number, os.strerror(number))
    return _pwrite(file, data, offset)


def _slowly(file: int) -> None:
    if (slow := _FOLDER / "SLOW").exists():
        time.sleep(int(slow.read_text()) / 1000)
    _sync(file)


os.pwrite = _failing  # type: ignore[assignment]
store._sync = _slowly
