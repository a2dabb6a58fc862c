"""A server of FastMCP: at the port that is its argument, or over standard input and output."""

import sys
from dataclasses import dataclass

import anyio
import mcp_types as types
from fastmcp import Context, FastMCP

app = FastMCP("lab")


@dataclass
class Color:
    color: str


@app.tool
def add(a: int, b: int) -> int:
    return a + b


@app.tool
async def slow(ctx: Context, n: int = 3) -> str:
    for i in range(n):
        await ctx.report_progress(i + 1, n, f"step {i}")
        await anyio.sleep(0.05)
    return "slow done"


@app.tool
async def ask(ctx: Context) -> str:
    answer = await ctx.elicit("which color?", Color)
    return f"you said {answer.action} {getattr(answer, 'data', None)}"


@app.tool
async def sample(ctx: Context) -> str:
    said = types.SamplingMessage(role="user", content=types.TextContent(type="text", text="say hi"))
    answer = await ctx.session.create_message([said], max_tokens=10)
    return f"sampled {answer.content}"


@app.tool
async def roots(ctx: Context) -> str:
    """Asked by the stream of the GET, if there is one."""
    answer = await ctx.session.list_roots()
    return f"roots {[str(each.uri) for each in answer.roots]}"


@app.tool
async def grow(ctx: Context) -> str:
    await ctx.send_notification(types.ToolListChangedNotification())
    return "grown"


@app.tool
async def forever() -> str:
    await anyio.sleep(30)
    return "never"


@app.resource("res://one")
def one() -> str:
    return "resource one"


@app.prompt
def greet(name: str) -> str:
    return f"hello {name}"


if sys.argv[1] == "stdio":
    app.run(show_banner=False)
else:
    app.run("http", port=int(sys.argv[1]), show_banner=False)
