"""The hosts of a folder's cassettes are read off their text."""

from pathlib import Path

import pytest

from tapehead.cassette import recorded_hosts as module
from tapehead.cassette.recorded_hosts import recorded_hosts


@pytest.mark.parametrize(
    "text",
    [
        "        url: https://api.example/v1/x\n",
        '{"url": "https://user@API.example:8443/v1"}',
        "url: 'wss://api.example/v1'",
    ],
)
def test_urls(tmp_path: Path, text: str) -> None:
    """In each layout, without user and port."""
    (file := tmp_path / "a.yaml").write_text(text)
    assert {"api.example"} == recorded_hosts([file])


def test_what_is_none(tmp_path: Path) -> None:
    """Another key, another scheme, and files that cannot be read."""
    (file := tmp_path / "a.yaml").write_text("curl: https://a.example\nurl: ftp://b.example\nuri: https://c.example\n")
    assert frozenset() == recorded_hosts([file, tmp_path / "missing", tmp_path])


def test_across_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that stands on the edge of what is read at once is found."""
    monkeypatch.setattr(module, "_BLOCK", 16)
    (file := tmp_path / "a.yaml").write_text("version: 2\n  url: https://api.example/v1\n")
    assert {"api.example"} == recorded_hosts([file])


def test_there_is_an_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of very much no more is read than so much: a start is to be quick."""
    monkeypatch.setattr(module, "_MOST", 40)
    for name in ("a", "b"):
        (tmp_path / f"{name}.yaml").write_text(f"url: https://{name}.example/v1/{'x' * 40}\n")
    assert {"a.example"} == recorded_hosts([tmp_path / "a.yaml", tmp_path / "b.yaml"])
