"""FastMCP's own client, which prints what it gets: MODE, and a URL or `stdio:COMMAND`."""

import shlex
import sys

import anyio
from fastmcp import Client
from fastmcp.client.transports import StdioTransport

mode, url = sys.argv[1:3]
changes: list[str] = []
changed = anyio.Event()


def say(*words: object) -> None:
    print(*words, flush=True)


async def elicit(message, response_type, params, context):
    await anyio.sleep(0.03)
    return response_type(color="blue")


async def sampling(messages, params, context):
    return "hi there"


async def handler(message):
    name = getattr(getattr(message, "root", message), "method", None)
    if name and "list_changed" in name:
        changes.append(name)
        changed.set()


async def progress(done, total, message):
    say("progress", done, total, message)


async def main() -> None:
    target = url
    if url.startswith("stdio:"):
        command, *arguments = shlex.split(url.removeprefix("stdio:"))
        target = StdioTransport(command, arguments, keep_alive=False)
    callbacks = {"elicitation_handler": elicit, "sampling_handler": sampling, "roots": ["file:///tmp/x"]}
    async with Client(target, mode=mode, message_handler=handler, **callbacks) as client:
        say([tool.name for tool in await client.list_tools()])
        say((await client.call_tool("slow", {"n": 3}, progress_handler=progress)).data)
        say(await client.read_resource("res://one"))
        say((await client.get_prompt("greet", {"name": "bob"})).messages)
        for tool in ("ask", "sample", "roots"):
            try:
                say(tool, (await client.call_tool(tool, {})).data)
            except Exception as e:
                say(tool, type(e).__name__, str(e))
        with anyio.move_on_after(0.3) as scope:
            await client.call_tool("forever", {})
        say("cancelled", scope.cancelled_caught)
        say((await client.call_tool("grow", {})).data)
        if mode == "legacy":
            with anyio.move_on_after(10):
                await changed.wait()
            say(changes)
        sums: dict[int, int] = {}

        async def add(n: int) -> None:
            sums[n] = (await client.call_tool("add", {"a": n, "b": n})).data

        async with anyio.create_task_group() as group:
            for n in range(4):
                group.start_soon(add, n)
        say(sorted(sums.items()))


anyio.run(main)
