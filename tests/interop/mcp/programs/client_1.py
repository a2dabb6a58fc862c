"""An MCP client of the SDK of version 1, which prints what it gets: a URL or `stdio:COMMAND`."""

import shlex
import sys

import anyio
import mcp.types as types
from mcp import ClientSession, StdioServerParameters
from mcp.client.sse import sse_client
from mcp.client.stdio import stdio_client
from mcp.client.streamable_http import streamablehttp_client

url = sys.argv[1]
changes: list[str] = []
changed = anyio.Event()


def say(*words: object) -> None:
    print(*words, flush=True)


async def elicit(_, __):
    await anyio.sleep(0.03)
    return types.ElicitResult(action="accept", content={"color": "blue"})


async def sampling(_, __):
    content = types.TextContent(type="text", text="hi there")
    return types.CreateMessageResult(role="assistant", content=content, model="m")


async def handler(message):
    name = getattr(getattr(message, "root", message), "method", None)
    if name and "list_changed" in name:
        changes.append(name)
        changed.set()


async def progress(done, total, message):
    say("progress", done, total, message)


async def session(read, write) -> None:
    callbacks = {"elicitation_callback": elicit, "sampling_callback": sampling, "message_handler": handler}
    async with ClientSession(read, write, **callbacks) as client:
        say((await client.initialize()).protocolVersion)
        say([tool.name for tool in (await client.list_tools()).tools])
        say((await client.call_tool("slow", {"n": 3}, progress_callback=progress)).content)
        say((await client.read_resource("res://one")).contents)
        say((await client.get_prompt("greet", {"name": "bob"})).messages)
        for tool in ("ask", "sample"):
            say(tool, (await client.call_tool(tool, {})).content)
        number = client._request_id

        async def cancel() -> None:
            await anyio.sleep(0.2)
            params = types.CancelledNotificationParams(requestId=number, reason="enough")
            notification = types.CancelledNotification(params=params)
            await client.send_notification(types.ClientNotification(notification))

        async with anyio.create_task_group() as group:
            group.start_soon(cancel)
            try:
                await client.call_tool("forever", {})
            except Exception as e:
                say("forever", type(e).__name__, str(e))
        say((await client.call_tool("grow", {})).content)
        with anyio.move_on_after(10):
            await changed.wait()
        say(changes)
        sums: dict[int, str] = {}

        async def add(n: int) -> None:
            sums[n] = (await client.call_tool("add", {"a": n, "b": n})).content[0].text

        async with anyio.create_task_group() as group:
            for n in range(4):
                group.start_soon(add, n)
        say(sorted(sums.items()))


async def main() -> None:
    if url.startswith("stdio:"):
        command, *arguments = shlex.split(url.removeprefix("stdio:"))
        async with stdio_client(StdioServerParameters(command=command, args=arguments)) as (read, write):
            await session(read, write)
    elif url.endswith("/sse"):
        async with sse_client(url) as (read, write):
            await session(read, write)
    else:
        async with streamablehttp_client(url) as (read, write, _):
            await session(read, write)


anyio.run(main)
