"""An MCP client of the SDK of version 2, which prints what it gets: MODE, and a URL or `stdio:COMMAND`."""

import os
import shlex
import sys

import anyio
import mcp_types as types
from mcp import Client, StdioServerParameters

mode, url = sys.argv[1:3]
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


async def roots(_):
    return types.ListRootsResult(roots=[types.Root(uri="file:///tmp/x")])


async def handler(message):
    name = getattr(getattr(message, "root", message), "method", None)
    if name and "list_changed" in name:
        changes.append(name)
        changed.set()


async def progress(done, total, message):
    say("progress", done, total, message)


async def main() -> None:
    if os.environ.get("LAB_OTEL"):
        from opentelemetry import trace
        from opentelemetry.sdk.trace import TracerProvider

        trace.set_tracer_provider(TracerProvider())
    target = url
    if url.startswith("stdio:"):
        command, *arguments = shlex.split(url.removeprefix("stdio:"))
        target = StdioServerParameters(command=command, args=arguments)
    callbacks = {"elicitation_callback": elicit, "sampling_callback": sampling, "list_roots_callback": roots}
    async with Client(target, mode=mode, message_handler=handler, **callbacks) as client:
        say(client.protocol_version)
        say([tool.name for tool in (await client.list_tools()).tools])
        say((await client.call_tool("slow", {"n": 3}, progress_callback=progress)).content)
        say((await client.read_resource("res://one")).contents)
        say((await client.get_prompt("greet", {"name": "bob"})).messages)
        for tool in ("ask", "sample", "roots"):
            try:
                say(tool, (await client.call_tool(tool, {})).content)
            except Exception as e:
                say(tool, type(e).__name__, str(e))
        with anyio.move_on_after(0.3) as scope:
            await client.call_tool("forever", {})
        say("cancelled", scope.cancelled_caught)
        if mode == "legacy":
            say((await client.call_tool("grow", {})).content)
            with anyio.move_on_after(10):
                await changed.wait()
            say(changes)
        else:
            async with client.listen(tools_list_changed=True) as subscription:
                say((await client.call_tool("grow", {})).content)
                async for event in subscription:
                    say(type(event).__name__)
                    break
        sums: dict[int, str] = {}

        async def add(n: int) -> None:
            sums[n] = (await client.call_tool("add", {"a": n, "b": n})).content[0].text

        async with anyio.create_task_group() as group:
            for n in range(4):
                group.start_soon(add, n)
        say(sorted(sums.items()))


anyio.run(main)
