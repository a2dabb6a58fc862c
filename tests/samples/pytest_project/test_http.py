"""Eight tests without an SDK; one names its session itself, past the environment."""

import os
from typing import Any

import app
import httpx
import pytest


@pytest.mark.parametrize("number", range(6))
def test_post(http: httpx.Client, number: int) -> None:
    assert "answer number" in app.post(http, f"Post {number}")


def test_header(tapehead: Any) -> None:
    proxy = f"http://127.0.0.1:{os.environ['TAPEHEAD_PROXY'].rpartition(':')[2]}"
    with httpx.Client(proxy=proxy, headers=tapehead.headers) as client:
        assert "answer number" in app.post(client, "Who am I?")
    verdict = tapehead.verdict()
    assert verdict["recorded"] + verdict["replayed"] == 1


def test_inner_proxy_is_told() -> None:
    assert os.environ["TAPEHEAD_PROXY"] == os.environ["HTTPS_PROXY"] == os.environ["https_proxy"]
