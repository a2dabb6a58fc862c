"""Streams that are recorded past mitmproxy's layers: the same bytes, chunks and cassette as through them."""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest

from tapehead.mitm.patch_checks import WITHOUT
from tests.support.harness import Origin
from tests.support.wires import Got, Tape, fetch

PATHS = (
    "/sse?n=40&ms=2",
    "/sse?n=40&ms=0",
    "/ndjson?n=30&ms=3",
    "/gzip?items=400&chunks=30&ms=1",
    "/v1/chat/completions?ms=2",
    "/bytes?size=300000",
    "/sse?n=300&ms=1",
)
_VARYING = re.compile(r"(?m)^ *duration: .*$|^ *- id: .*$")


@pytest.mark.parametrize("http2", [False, True], ids=["HTTP/1.1", "HTTP/2"])
def test_the_same_either_way(http2: bool, tape: Tape, origin: Origin, monkeypatch: pytest.MonkeyPatch) -> None:
    """All at once: each client gets the same chunks, the same is on disk."""
    got: dict[str, list[Got]] = {}
    blocks: dict[str, list[str]] = {}
    for off in ("", "stream-shortcut"):
        monkeypatch.setenv(WITHOUT, off)
        path = tape.folder / f"cassette{off}.yaml"
        proxy = tape.record(cassette=str(path))
        with proxy.client(http2=http2) as client, ThreadPoolExecutor(len(PATHS)) as threads:
            asked = threads.map(lambda each: fetch(client, "GET", origin.url + each), PATHS)
            got[off] = list(asked)
        assert proxy.stop() == 0, proxy.output
        blocks[off] = sorted(_VARYING.split(path.read_text()))
    direct, through = got.values()
    assert [(each.status, each.chunks) for each in through] == [(each.status, each.chunks) for each in direct]
    assert blocks["stream-shortcut"] == blocks[""]
