"""FastMCP's client: tools, resources, and calls that tell how far they are."""

import asyncio
import sys

from fastmcp import Client


async def said(message):
    print("said", message.level, message.data)


async def progress(done, total, message):
    print("progress", done, total, message)


async def main():
    async with Client(f"{sys.argv[1]}/mcp", log_handler=said, progress_handler=progress) as client:
        print([each.name for each in await client.list_tools()])
        print([str(each.uri) for each in await client.list_resources()])
        for times in range(1, 5):
            print((await client.call_tool("greet", {"name": "Ana", "times": times})).data)
        print((await client.read_resource("greetings://all"))[0].text)


asyncio.run(main())
