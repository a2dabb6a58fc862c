"""http2_frames: bytes as hyperframe has them."""

import pytest
from hyperframe import frame as hyper

from tapehead.lane import http2_frames as frames


def test_frames() -> None:
    """Each is what hyperframe writes."""
    assert hyper.WindowUpdateFrame(3, 70000).serialize() == frames.window_update(3, 70000)
    assert hyper.RstStreamFrame(3, 8).serialize() == frames.reset(3, 8)
    assert hyper.GoAwayFrame(0, 5, 1, b"why").serialize() == frames.goaway(5, 1, b"why")
    assert hyper.SettingsFrame(0, {4: 10, 5: 2**14}).serialize() == frames.settings(
        {frames.Setting.INITIAL_WINDOW_SIZE: 10, frames.Setting.MAX_FRAME_SIZE: 2**14}
    )
    data = hyper.DataFrame(2**31 - 1, b"a" * 70000)
    data.flags.add("END_STREAM")
    assert data.serialize() == frames.frame(frames.DATA, frames.END_STREAM, 2**31 - 1, b"a" * 70000)
    start = frames.frame_start(frames.DATA, frames.END_STREAM, 70000)
    assert data.serialize() == start + (2**31 - 1).to_bytes(4) + b"a" * 70000


def test_padding() -> None:
    """It is taken off, and is no longer than its frame."""
    assert b"ab" == frames.unpad(b"\3abxyz")
    assert b"" == frames.unpad(b"\0")
    for payload in (b"", b"\1", b"\4abc"):
        with pytest.raises(frames.Http2ConnectionError):
            frames.unpad(payload)


def test_what_is_set() -> None:
    """Known or not, in order."""
    assert [(4, 10), (99, 1)] == frames.settings_in(b"\0\4\0\0\0\x0a\0\x63\0\0\0\1")
