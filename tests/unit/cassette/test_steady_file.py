"""A file that is read in parts stays what it was, or says that it is not."""

import itertools
import zlib
from pathlib import Path

import pytest

from tapehead.cassette import CassetteChangedError, CassetteNotFoundError, NotACassetteError
from tapehead.cassette.steady_file import SteadyFile


def test_parts(tmp_path: Path) -> None:
    """Read once, and again while they are the same; another file of its name is another file."""
    path = tmp_path / "a"
    path.write_bytes(b"hello world")
    file = SteadyFile(path, "a file")

    assert (11, b"world") == (file.size, file.read(6, 100))
    assert "11 bytes" in repr(file)
    (tmp_path / "b").write_bytes(b"other")
    (tmp_path / "b").rename(path)
    assert b"hello" == file.read_again(0, 5, zlib.crc32(b"hello"))


def test_in_order(tmp_path: Path) -> None:
    """Parts that follow each other are the same as by themselves, whatever was read ahead for them."""
    path = tmp_path / "a"
    data = bytes(number * number % 251 for number in range(300_000))
    path.write_bytes(data)
    file = SteadyFile(path, "a file")
    ends = [0, 10, 5_000, 70_000, 70_001, 150_000, 150_500, 299_999, 300_000]
    parts = [
        *itertools.pairwise(ends),
        (20, 30),
        (30, 40),
        (299_999, 300_000),
        (0, 100_000),
        (100_000, 100_001),
    ]
    for start, end in parts:
        part = data[start:end]
        assert part == file.read_again(start, end - start, zlib.crc32(part))


def test_it_is_changed(tmp_path: Path) -> None:
    """It is told when that is asked for which is not there any more."""
    path = tmp_path / "a"
    path.write_bytes(b"hello world")
    file = SteadyFile(path, "a file")
    path.write_bytes(b"hello")

    assert b"hello" == file.read_again(0, 5, zlib.crc32(b"hello"))
    with pytest.raises(CassetteChangedError, match="a: found other bytes than when it was opened"):
        file.read_again(6, 5, zlib.crc32(b"world"))


def test_what_cannot_be_opened(tmp_path: Path) -> None:
    """It is told as of any file."""
    with pytest.raises(CassetteNotFoundError):
        SteadyFile(tmp_path / "a", "a file")
    with pytest.raises(NotACassetteError, match="found a folder, expected a file"):
        SteadyFile(tmp_path, "a file")
