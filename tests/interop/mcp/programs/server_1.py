"""An MCP server of the SDK of version 1: at the port that is its last argument, or over standard input and output.

Before the port may be `sse`: then it is the HTTP+SSE transport of version 2024-11-05.
"""

import sys

import anyio
import mcp.types as types
from mcp.server.fastmcp import Context, FastMCP
from pydantic import BaseModel

app = FastMCP("lab", port=int(sys.argv[-1]) if sys.argv[-1] != "stdio" else 8000, log_level="ERROR")


class Color(BaseModel):
    color: str


@app.tool()
def add(a: int, b: int) -> int:
    return a + b


@app.tool()
async def slow(ctx: Context, n: int = 3) -> str:
    """Told by the stream of the GET, if there is one."""
    for i in range(n):
        await ctx.report_progress(i + 1, n, f"step {i}")
        await anyio.sleep(0.05)
    return "slow done"


@app.tool()
async def ask(ctx: Context) -> str:
    answer = await ctx.elicit("which color?", Color)
    return f"you said {answer.action} {getattr(answer, 'data', None)}"


@app.tool()
async def sample(ctx: Context) -> str:
    said = types.SamplingMessage(role="user", content=types.TextContent(type="text", text="say hi"))
    answer = await ctx.session.create_message([said], max_tokens=10, related_request_id=ctx.request_id)
    return f"sampled {answer.content}"


@app.tool()
async def grow(ctx: Context) -> str:
    await ctx.session.send_tool_list_changed()
    return "grown"


@app.tool()
async def forever() -> str:
    await anyio.sleep(30)
    return "never"


@app.resource("res://one")
def one() -> str:
    return "resource one"


@app.prompt()
def greet(name: str) -> str:
    return f"hello {name}"


app.run(sys.argv[1] if sys.argv[1] in ("stdio", "sse") else "streamable-http")
