"""Writes the golden output of `tapehead show` anew, from the cassette in `tests/support/samples.py`."""

import tempfile
from pathlib import Path

from tests.support.samples import GOLDENS, SHOWN, golden

if __name__ == "__main__":
    GOLDENS.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        for name in SHOWN:
            (GOLDENS / f"{name}.txt").write_text(golden(name, Path(folder)), encoding="utf-8")
    print(f"{GOLDENS}: {len(SHOWN)} files")
