"""Runs the scenario of `scenario.mjs` with FastMCP: `fastmcp_client.py legacy|auto SERVER`.

SERVER is a URL, or the command of a server with its arguments. With `legacy`, the client uses 2025-11-25, and with
`auto` the newest protocol revision that the server supports, 2026-07-28. Prints a report of what the client saw.
"""

import asyncio
import json
import sys

from fastmcp import Client
from fastmcp.client.transports import StdioTransport
from fastmcp.exceptions import ToolError
from mcp import MCPError

TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


async def main(mode, target):
    server = target[0] if target[0].startswith("http") else StdioTransport(command=target[0], args=target[1:])
    steps = []

    async def progress(step, total, message):
        steps.append([step, total, message])

    logs = []

    async def answer(message, response_type, params, context):
        return {"sure": True, "note": "ok"}

    async def log(message):
        logs.append([message.level, message.logger, message.data])

    async with Client(server, mode=mode, elicitation_handler=answer, log_handler=log) as client:
        tools = await client.list_tools()
        good = await client.call_tool("measure", {"name": "abc", "n": 3, "mode": "fast"})
        # These arguments violate the input schema.
        try:
            await client.call_tool("measure", {"name": "ABCDEF", "n": 99, "mode": "fast", "nn": 1})
            bad = None
        except ToolError as error:
            bad = str(error)
        # No tool has this name.
        try:
            unknown = str(await client.call_tool("mesure", {}))
        except MCPError as error:
            unknown = error.error.code
        # `routed` declares headers for these arguments. A client that supports mirrored headers sends them, too.
        routed = await client.call_tool("routed", {"region": "größe", "priority": -7, "trial": True, "note": "n"})
        asked = await client.call_tool("confirms", {"what": "it"}, raise_on_error=False)
        # In 2026-07-28, each request sets its log level, and this client always requests every level.
        if mode == "legacy":
            await client.set_logging_level("debug")
        await client.call_tool("logs", {})
        traced = await client.call_tool("traced", {}, meta={"traceparent": TRACE})
        await client.call_tool("steps", {"count": 3, "milliseconds": 20}, progress_handler=progress)
        call = asyncio.create_task(client.call_tool("waits", {"milliseconds": 60_000}))

        # The tool `counts` returns the number of calls that run, and of those that were dropped.
        async def count(what):
            return (await client.call_tool("counts", {})).structured_content[what]

        while not await count("running"):
            pass
        call.cancel()
        while not (dropped := await count("dropped")):
            pass
        report = {
            "protocol": client.protocol_version,
            "server": client.server_info.name,
            "tools": [tool.name for tool in tools],
            "good": good.structured_content,
            "bad": bad,
            "unknown": unknown,
            "routed": routed.content[0].text,
            "asked": asked.content[0].text,
            "logs": logs,
            "traced": traced.content[0].text,
            "steps": steps,
            "dropped": dropped,
        }
        print(json.dumps(report))


asyncio.run(main(sys.argv[1], sys.argv[2:]))
