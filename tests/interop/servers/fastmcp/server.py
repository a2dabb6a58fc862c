"""An MCP server over streamable HTTP, whose tool tells how far it is."""

import asyncio
import sys

from fastmcp import Context, FastMCP

mcp = FastMCP("greetings")


@mcp.tool
async def greet(name: str, times: int, context: Context) -> str:
    for number in range(times):
        await context.report_progress(number, times)
        await context.info(f"{number} of {times}")
        await asyncio.sleep(0.02)
    return f"Olá, {name}! " * times


@mcp.resource("greetings://all")
def greetings() -> str:
    return "Olá"


mcp.run(transport="http", host="127.0.0.1", port=int(sys.argv[1]), show_banner=False)
