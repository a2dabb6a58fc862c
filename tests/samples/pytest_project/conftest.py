"""Clients of several scopes; two of the fixtures ask something themselves."""

from collections.abc import Iterator

import app
import httpx
import pytest
from anthropic import Anthropic
from openai import OpenAI


@pytest.fixture(scope="session")
def openai_client() -> OpenAI:
    return OpenAI(api_key="sk-of-the-sample")


@pytest.fixture(scope="session")
def house_rules(openai_client: OpenAI) -> str:
    """Asked by whichever test needs it first, in each worker."""
    return app.ask(openai_client, "What are the rules of the house?")


@pytest.fixture(scope="module")
def anthropic_client() -> Iterator[Anthropic]:
    with Anthropic(api_key="sk-ant-of-the-sample") as client:
        yield client


@pytest.fixture(scope="module")
def http() -> Iterator[httpx.Client]:
    """Says good-bye when the last test of the module is over, whichever that is."""
    with httpx.Client(headers={"Authorization": "Bearer sk-of-the-sample"}) as client:
        yield client
        app.post(client, "Good-bye")


@pytest.fixture(scope="module", params=["formal", "casual"])
def manner(request: pytest.FixtureRequest, openai_client: OpenAI) -> str:
    return app.ask(openai_client, f"How does one speak in a {request.param} manner?")


@pytest.fixture
def greeting(openai_client: OpenAI) -> Iterator[str]:
    yield app.ask(openai_client, "Greet me")
    app.ask(openai_client, "Thank you")


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"
