"""`search_orders` with `@mcp.tool` of FastMCP over HTTP: stateless, plain JSON responses, enforced bounds."""

import sys
from dataclasses import dataclass
from typing import Annotated, Literal

import uvicorn
from fastmcp import FastMCP
from pydantic import Field

mcp = FastMCP("orders")
Status = Literal["open", "paid", "closed"]
Tag = Annotated[str, Field(max_length=16)]


@dataclass
class Found:
    """Search results."""

    query: str
    limit: int
    status: Status
    tags: int


@mcp.tool(annotations={"readOnlyHint": True})
async def search_orders(
    query: Annotated[str, Field(min_length=1, max_length=64, pattern="^[a-z0-9 -]+$")],
    limit: Annotated[int, Field(ge=1, le=100)],
    status: Status,
    tags: Annotated[list[Tag], Field(max_length=8)],
) -> Found:
    """Search orders."""
    return Found(query, limit, status, len(tags))


# The second argument is the number of all tools, `search_orders` included.
for number in range(1, int(sys.argv[2]) if len(sys.argv) > 2 else 1):
    mcp.tool(search_orders, name=f"search_orders_n{number:04}", annotations={"readOnlyHint": True})

host, port = sys.argv[1].rsplit(":", 1)
app = mcp.http_app(path="/mcp", stateless_http=True, json_response=True)
uvicorn.run(app, host=host, port=int(port), access_log=False, log_level="warning")
