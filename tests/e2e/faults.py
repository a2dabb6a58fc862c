"""A mitmproxy script that makes the disk fail while a file is there: `TAPEHEAD_FAULTS` names the folder.

In it `EIO` or another error's name makes each write of a cassette fail with it, `SLOW` holds up each sync by as many
milliseconds as it says. The faults are in the real process, where the store calls the system.
"""

import errno
import os
import time
from pathlib import Path

from tapehead.cassette import cassette_file, file_lock, files

_FOLDER = Path(os.environ["TAPEHEAD_FAULTS"])
_NAMES = ("EIO", "EDQUOT", "ENOSPC", "EROFS")
_pwrite, _sync, _write_all = os.pwrite, cassette_file._sync, files.write_all


def _failing(file: int, data: bytes, offset: int) -> int:
    for name in _NAMES:
        if (_FOLDER / name).exists():
            _pwrite(file, bytes(data)[: len(data) // 2], offset)  # half of it goes through
            number = getattr(errno, name)
            raise OSError(number, os.strerror(number))
    return _pwrite(file, data, offset)


def _failing_whole(file: int, data: bytes, offset: int | None = None) -> None:
    _failing(file, b"", 0)
    _write_all(file, data, offset)


def _slowly(file: int) -> None:
    if (slow := _FOLDER / "SLOW").exists():
        time.sleep(int(slow.read_text()) / 1000)
    _sync(file)


os.pwrite = _failing  # type: ignore[assignment]
file_lock.write_all = _failing_whole  # type: ignore[attr-defined]
cassette_file._sync = _slowly
