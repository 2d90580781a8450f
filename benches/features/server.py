"""The probed server in FastMCP: tools by `@mcp.tool`, and its HTTP transport, by default with sessions for 2025-11-25."""

import asyncio
import json
import sys
from dataclasses import dataclass
from typing import Annotated

import mcp_types as types
import uvicorn
from fastmcp import Context, FastMCP
from fastmcp.server.middleware import Middleware
from fastmcp.tools.base import ToolResult
from pydantic import Field

# Duration of the tool `slow`, in seconds.
SLOW = 3
# Calls of `slow` and `job`: begun, cancelled, and run to their end. `layered` counts calls that the middleware saw.
counters = {"started": 0, "stopped": 0, "finished": 0, "layered": 0}


class Counting(Middleware):
    """Middleware that counts tool calls."""

    async def on_call_tool(self, context, call_next):
        counters["layered"] += 1
        return await call_next(context)


mcp = FastMCP("features", version="1.0.0", middleware=[Counting()], cache_ttl=60)


@dataclass
class Number:
    """A number of at most ten."""

    n: Annotated[int, Field(ge=1, le=10)]


@dataclass
class Name:
    """A name."""

    name: str


def is_newer(ctx: Context) -> bool:
    """Returns `True` if the client uses 2026-07-28, where a tool asks by its result instead of by a request."""
    return ctx.request_context.protocol_version >= "2026-07-28"


def asking(key: str, request) -> types.InputRequiredResult:
    """Returns a result that asks the client. `key` is the name of the answer in the repeated call."""
    return types.InputRequiredResult(input_requests={key: request}, request_state="asked")


async def run_for(seconds: float) -> str:
    """Waits, and counts the beginning and the end."""
    counters["started"] += 1
    try:
        await asyncio.sleep(seconds)
    except asyncio.CancelledError:
        counters["stopped"] += 1
        raise
    counters["finished"] += 1
    return "done"


@mcp.tool
async def text() -> str:
    """A text."""
    return "text"


@mcp.tool
async def media() -> ToolResult:
    """Content of each kind."""
    resource = types.TextResourceContents(uri="test://resource", mime_type="text/plain", text="resource")
    return ToolResult(
        content=[
            types.ImageContent(type="image", data="aW1hZ2U=", mime_type="image/png"),
            types.AudioContent(type="audio", data="YXVkaW8=", mime_type="audio/wav"),
            types.EmbeddedResource(type="resource", resource=resource),
            types.ResourceLink(type="resource_link", uri="test://link", name="link"),
        ]
    )


@mcp.tool
async def structured(n: Annotated[int, Field(ge=1, le=10)]) -> Number:
    """The number."""
    return Number(n)


@mcp.tool
async def broken() -> Number:
    """A number above its maximum."""
    return Number(100)


@mcp.tool
async def progress(ctx: Context) -> str:
    """Reports."""
    await ctx.report_progress(1, 2)
    await ctx.report_progress(2, 2)
    return "done"


@mcp.tool
async def log(ctx: Context) -> str:
    """Logs."""
    await ctx.error("logged")
    return "done"


@mcp.tool
async def form(topic: str, ctx: Context) -> str | types.InputRequiredResult:
    """Asks for a name."""
    if not is_newer(ctx):
        reply = await ctx.elicit("Who are you?", Name)
        return f"{topic}: {reply.data.name}" if reply.action == "accept" else reply.action
    if answers := ctx.input_responses:
        return f"{topic}: {answers['answer'].content['name']}"
    schema = {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}
    params = types.ElicitRequestFormParams(message="Who are you?", requested_schema=schema)
    return asking("answer", types.ElicitRequest(params=params))


@mcp.tool
async def link(ctx: Context) -> str | types.InputRequiredResult:
    """Asks to open a page."""
    if ctx.input_responses:
        return "opened"
    params = types.ElicitRequestURLParams(message="Sign in", url="https://example.com/sign-in")
    return asking("page", types.ElicitRequest(params=params))


@mcp.tool
async def sample(ctx: Context) -> str | types.InputRequiredResult:
    """Asks the client's model."""
    if ctx.input_responses:
        return "sampled"
    says = types.SamplingMessage(role="user", content=types.TextContent(type="text", text="Say something"))
    params = types.CreateMessageRequestParams(messages=[says], max_tokens=10)
    return asking("said", types.CreateMessageRequest(params=params))


@mcp.tool
async def slow() -> str:
    """Takes a while."""
    return await run_for(SLOW)


@mcp.tool
async def state() -> str:
    """Counters of calls."""
    return json.dumps(counters)


@mcp.tool
async def region(region: Annotated[str, Field(json_schema_extra={"x-mcp-header": "Region"})]) -> str:
    """Takes an argument that a header mirrors."""
    return region


@mcp.tool
async def job(seconds: float) -> str:
    """Takes a while."""
    return await run_for(seconds)


@mcp.tool
async def change(ctx: Context) -> str:
    """Announces a change of the tool list."""
    await ctx.send_notification(types.ToolListChangedNotification())
    return "told"


@mcp.tool
async def trace(ctx: Context) -> str:
    """The trace context of the call."""
    return (ctx.request_context.meta or {}).get("traceparent", "none")


host, port = sys.argv[1].rsplit(":", 1)
uvicorn.run(mcp.http_app(path="/mcp"), host=host, port=int(port), log_level="warning")
