"""An MCP client that is turned away, finds out by whom it is let in, registers there, and comes with a token.

Who would sign in with a browser is played by the program: it has the code already.
"""

import asyncio
import os
from urllib.parse import parse_qs, urlsplit

import httpx2
from mcp.client import Client
from mcp.client.auth import AuthorizationCodeResult, OAuthClientProvider
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import OAuthClientInformationFull, OAuthClientMetadata, OAuthToken
from pydantic import AnyUrl

URL = "https://mcp.flow.test/mcp"


class Memory:
    """Keeps what was got for as long as the program runs."""

    tokens: OAuthToken | None = None
    client: OAuthClientInformationFull | None = None

    async def get_tokens(self) -> OAuthToken | None:
        return self.tokens

    async def set_tokens(self, tokens: OAuthToken) -> None:
        self.tokens = tokens

    async def get_client_info(self) -> OAuthClientInformationFull | None:
        return self.client

    async def set_client_info(self, client_info: OAuthClientInformationFull) -> None:
        self.client = client_info


async def main() -> None:
    states: list[str] = []
    was_noticed = asyncio.Event()  # the notification, which the SDK sends beside other calls, and drops when it ends

    async def note(response: httpx2.Response) -> None:
        if response.status_code == 202:
            was_noticed.set()

    async def open_browser(url: str) -> None:
        states.extend(parse_qs(urlsplit(url).query)["state"])

    async def come_back() -> AuthorizationCodeResult:
        return AuthorizationCodeResult(code=os.environ["MCP_CODE"], state=states.pop())

    metadata = OAuthClientMetadata(
        client_name="flow",
        redirect_uris=[AnyUrl("http://localhost:3000/callback")],
        grant_types=["authorization_code", "refresh_token"],
        response_types=["code"],
    )
    auth = OAuthClientProvider(URL, metadata, Memory(), redirect_handler=open_browser, callback_handler=come_back)
    async with (
        httpx2.AsyncClient(auth=auth, timeout=60, event_hooks={"response": [note]}) as http,
        Client(streamable_http_client(URL, http_client=http), mode="legacy") as client,
    ):
        print([tool.name for tool in (await client.list_tools()).tools])
        await was_noticed.wait()
        print((await client.call_tool("greet", {})).content[0].text)


asyncio.run(main())
