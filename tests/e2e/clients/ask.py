"""python ask.py CLIENT URL...: asks each URL by one of Python's clients, twice, and prints the second answers, one a line."""

from __future__ import annotations  # for Python 3.8

import asyncio
import ssl
import sys
from collections.abc import Callable
from urllib.parse import urlsplit


def http_client(url: str) -> str:
    import http.client

    parts = urlsplit(url)
    assert parts.hostname
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname, parts.port, timeout=10)
    connection.request("GET", parts.path)
    connection.getresponse().read()
    connection.close()  # the next one connects again
    connection.request("GET", parts.path)
    text = connection.getresponse().read().decode()
    connection.request("GET", parts.path)
    assert text == connection.getresponse().read().decode()
    assert parts.hostname == connection.host
    return text


def urllib_request(url: str) -> str:
    import urllib.request

    with urllib.request.urlopen(url, timeout=10) as response:  # noqa: S310  a test's URL
        return str(response.read().decode())


def urllib_direct(url: str) -> str:
    import urllib.request

    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(url, timeout=10) as response:
        return str(response.read().decode())


def urllib3(url: str) -> str:
    import urllib3

    manager = urllib3.PoolManager(headers={"x-a": "b"})
    manager.request("GET", url)
    return manager.request("GET", url, timeout=10).data.decode()


def requests(url: str) -> str:
    import requests

    return requests.get(url, timeout=10).text


def requests_direct(url: str) -> str:
    import requests

    session = requests.Session()
    session.trust_env = False
    return session.get(url, timeout=10).text


def httpx(url: str) -> str:
    import httpx

    return httpx.get(url).text


def httpx2(url: str) -> str:
    import httpx2

    return str(httpx2.get(url).text)


def aiohttp(url: str, **options: object) -> str:
    import aiohttp

    async def ask() -> str:
        async with aiohttp.ClientSession(**options) as session:  # type: ignore[arg-type]
            async with session.get(url) as response:
                await response.read()
            async with session.get(url) as response:
                return await response.text()

    return asyncio.run(ask())


def aiohttp_direct(url: str) -> str:
    return aiohttp(url, trust_env=False)


def aiohttp_certifi(url: str) -> str:
    import aiohttp as module
    import certifi

    async def ask() -> str:
        connector = module.TCPConnector(ssl=ssl.create_default_context(cafile=certifi.where()))
        async with module.ClientSession(connector=connector) as session, session.get(url) as response:
            return await response.text()

    assert certifi.contents()
    return asyncio.run(ask())


def aiohttp_base(url: str) -> str:
    import aiohttp as module

    async def ask() -> str:
        parts = urlsplit(url)
        base = f"{parts.scheme}://{parts.netloc}"
        async with module.ClientSession(base) as session, session.get(parts.path) as response:
            return await response.text()

    return asyncio.run(ask())


CLIENTS: dict[str, Callable[[str], str]] = {
    each.__name__: each
    for each in (
        http_client,
        urllib_request,
        urllib_direct,
        urllib3,
        requests,
        requests_direct,
        httpx,
        httpx2,
        aiohttp,
        aiohttp_direct,
        aiohttp_certifi,
        aiohttp_base,
    )
}

if __name__ == "__main__":
    for asked in sys.argv[2:]:
        print(CLIENTS[sys.argv[1]](asked))
