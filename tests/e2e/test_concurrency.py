"""Many requests at once, clients that leave, and what a client's own SDK makes of a miss."""

import asyncio
import re
import time
from dataclasses import replace

import anthropic
import httpx
import openai
import pytest

from tests.support.harness import Answer, Mitmdump, Origin
from tests.support.wires import Tape

COUNT = 50
MANY = 200


def _record(tape: Tape, *urls: str) -> None:
    with tape.record() as proxy, proxy.client() as client:
        for url in urls:
            client.get(url)
        assert 0 == proxy.stop()


def _async_client(proxy: Mitmdump, *, http2: bool) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        proxy=proxy.url,
        verify=proxy.client_context(only_http2=http2),
        http1=not http2,
        http2=http2,
        trust_env=False,
        timeout=60,
        limits=httpx.Limits(max_connections=100),
    )


@pytest.mark.parametrize("http2", [False, True], ids=["http1", "http2"])
def test_identical_requests_at_once(origin: Origin, tape: Tape, http2: bool) -> None:
    """200 concurrent identical requests each get another recorded answer; the 201st gets none."""
    origin.script("/same", *(Answer.of_json({"n": n}) for n in range(MANY)))
    url = f"{origin.url}/same"
    _record(tape, *[url] * MANY)

    async def ask() -> list[int]:
        async with _async_client(proxy, http2=http2) as client:
            answers = await asyncio.gather(*(client.get(url) for _ in range(MANY)))
            assert 404 == (await client.get(url)).status_code
        return [answer.json()["n"] for answer in answers]

    with tape.replay() as proxy:
        assert list(range(MANY)) == sorted(asyncio.run(ask()))


def test_identical_requests_in_order(origin: Origin, tape: Tape) -> None:
    """One after the other, identical requests get the recorded answers in recorded order, over any connection."""
    origin.script("/same", *(Answer.of_json({"n": n}) for n in range(6)))
    url = f"{origin.url}/same"
    _record(tape, *[url] * 6)
    with tape.replay() as proxy:
        got = []
        for http2 in (False, True, False):
            with proxy.client(http2=http2) as client:
                got += [client.get(url).json()["n"] for _ in range(2)]
    assert list(range(6)) == got


@pytest.mark.parametrize("http2", [False, True], ids=["http1", "http2"])
def test_identical_requests_that_overtake_each_other(origin: Origin, tape: Tape, http2: bool) -> None:
    """Asked one after the other and answered in another order: without the timing file, too, each gets its own answer."""
    waits = (0.9, 0.1, 0.5)
    origin.script("/same", *(replace(Answer.of_json({"n": n}), wait=wait) for n, wait in enumerate(waits)))

    async def ask() -> list[int]:
        async def one(client: httpx.AsyncClient, place: int) -> int:
            await asyncio.sleep(place * 0.15)
            return int((await client.get(f"{origin.url}/same")).json()["n"])

        async with _async_client(proxy, http2=http2) as client:
            return await asyncio.gather(*(one(client, place) for place in range(len(waits))))

    with tape.record() as proxy:
        assert [0, 1, 2] == asyncio.run(ask())
        assert 0 == proxy.stop()
    assert [(n, b'{"n": %d}' % n) for n in range(3)] == [
        (each.id, each.response.body) for each in tape.load().interactions
    ]
    for _ in range(2):
        with tape.replay() as proxy:
            assert [0, 1, 2] == asyncio.run(ask())
            assert 0 == proxy.stop()
        tape.timing.unlink(missing_ok=True)


@pytest.mark.parametrize("http2", [False, True], ids=["http1", "http2"])
def test_recording_at_once(origin: Origin, tape: Tape, http2: bool) -> None:
    """50 streams recorded at once, over one HTTP/2 connection or 50 of HTTP/1.1, are 50 whole interactions."""

    async def ask() -> list[bytes]:
        async with _async_client(proxy, http2=http2) as client:
            urls = [f"{origin.url}/sse?n=5&ms=20&stream={n}" for n in range(COUNT)]
            return [answer.content for answer in await asyncio.gather(*map(client.get, urls))]

    with tape.record() as proxy:
        bodies = asyncio.run(ask())
        assert 0 == proxy.stop()
    interactions = tape.load().interactions
    assert list(range(COUNT)) == [each.id for each in interactions]
    assert COUNT == len({each.request.url for each in interactions})
    assert set(bodies) == {each.response.body for each in interactions}
    assert 1 + COUNT == len(tape.timing.read_bytes().splitlines())  # the head line


@pytest.mark.parametrize("http2", [False, True], ids=["http1", "http2"])
def test_a_client_that_leaves_in_mid_replay(origin: Origin, tape: Tape, http2: bool) -> None:
    """Its stream stops; another one, over the same HTTP/2 connection, goes on to its end and does not hurry."""
    urls = [f"{origin.url}/sse?n=25&ms=40&stream={n}" for n in range(2)]
    _record(tape, *urls)

    async def leave(client: httpx.AsyncClient) -> None:
        async with client.stream("GET", urls[0]) as response:
            pieces = response.aiter_raw()
            for _ in range(3):
                await anext(pieces)

    async def stay(client: httpx.AsyncClient) -> list[float]:
        start = time.monotonic()
        async with client.stream("GET", urls[1]) as response:
            return [time.monotonic() - start async for _ in response.aiter_raw()]

    async def both() -> list[float]:
        async with _async_client(proxy, http2=http2) as client:
            times, _ = await asyncio.gather(stay(client), leave(client))
        return times

    with tape.replay(cassette_speed="1") as proxy:
        times = asyncio.run(both())
        assert 25 == len(times)
        assert times[-1] >= 24 * 0.04
        assert 0 == proxy.stop()
    assert "2 replayed" in proxy.output
    assert "Traceback" not in proxy.output


def test_a_stream_that_nobody_reads_is_stopped(origin: Origin, tape: Tape) -> None:
    """When the client closes in mid-stream, mitmdump lets the connection go, not when the stream would end."""
    url = f"{origin.url}/sse?n=25&ms=40"
    _record(tape, url)
    with tape.replay(cassette_speed="0.01") as proxy:  # it would take 100 s
        with proxy.client() as client, client.stream("GET", url) as response:
            next(response.iter_raw())
        proxy.wait_for("client disconnect", timeout=30)
        assert 0 == proxy.stop()


MESSAGES = [{"role": "user", "content": "Hello"}]


@pytest.mark.parametrize("stream", [False, True])
def test_openai_sdk_sees_a_miss(tape: Tape, origin: Origin, stream: bool) -> None:
    """The OpenAI SDK raises its NotFoundError with our message in it, and does not try again; mitmdump ends with 1."""
    _record(tape, f"{origin.url}/bytes?n=1")
    with tape.replay() as proxy:
        http = openai.DefaultHttpxClient(proxy=proxy.url, verify=proxy.client_context(), trust_env=False)
        client = openai.OpenAI(base_url=f"{origin.url}/v1", api_key="sk-test", http_client=http)
        with pytest.raises(openai.NotFoundError) as raised:
            client.chat.completions.create(model="m", messages=MESSAGES, stream=stream)  # type: ignore[arg-type]
        assert "tapehead: no interaction in " in raised.value.message
        assert "tapehead: no interaction in " in raised.value.body["message"]  # type: ignore[index]
        assert 1 == proxy.stop()
    assert "0 recorded, 0 replayed, 1 missed" in proxy.output
    _named(proxy, f"POST {origin.url}/v1/chat/completions")


@pytest.mark.parametrize("stream", [False, True])
def test_anthropic_sdk_sees_a_miss(tape: Tape, origin: Origin, stream: bool) -> None:
    """The Anthropic SDK raises its NotFoundError with our message in it, and does not try again; mitmdump ends with 1."""
    _record(tape, f"{origin.url}/bytes?n=1")
    with tape.replay() as proxy:
        http = anthropic.DefaultHttpxClient(proxy=proxy.url, verify=proxy.client_context(), trust_env=False)
        client = anthropic.Anthropic(base_url=origin.url, api_key="sk-ant-test", http_client=http)
        with pytest.raises(anthropic.NotFoundError) as raised:
            client.messages.create(model="m", max_tokens=9, messages=MESSAGES, stream=stream)  # type: ignore[arg-type]
        assert "tapehead: no interaction in " in str(raised.value)
        assert 1 == proxy.stop()
    assert "0 recorded, 0 replayed, 1 missed" in proxy.output
    _named(proxy, f"POST {origin.url}/v1/messages")


def _named(proxy: Mitmdump, request: str) -> None:
    """The log has the miss once: the request, the nearest interaction, what differs, what to do."""
    lines = [line for line in proxy.output.splitlines() if f"answers {request}: " in line]
    assert 1 == len(lines)
    assert re.search(
        r"interaction 0\b.*(differs|is|recorded).*What to do: to record what is missing: --set cassette_mode=", lines[0]
    )


def test_a_miss(tape: Tape, origin: Origin) -> None:
    """A miss is 404 with the body that four SDKs understand, and tells clients not to retry."""
    _record(tape, f"{origin.url}/bytes?n=1")
    with tape.replay() as proxy:
        for http2 in (False, True):
            with proxy.client(http2=http2) as client:
                miss = client.get(f"{origin.url}/bytes?n=2")
                assert (404, "false") == (miss.status_code, miss.headers["x-should-retry"])
                message = miss.json()["message"]
                error = {"type": "cassette_miss", "code": 404, "status": "NOT_FOUND", "message": message}
                assert {"type": "error", "message": message, "error": error} == miss.json()
                assert f"GET {origin.url}/bytes?n=2" in message
                proxy.wait_for(re.escape(message))
                assert b"" == client.head(f"{origin.url}/bytes?n=1").content
