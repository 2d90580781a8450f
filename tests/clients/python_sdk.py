"""Runs the scenario of `scenario.mjs` with the Python SDK: `python_sdk.py legacy|auto SERVER`.

SERVER is a URL, or the command of a server with its arguments. With `legacy`, the client uses 2025-11-25, and with
`auto` the newest protocol revision that the server supports, 2026-07-28. Prints a report of what the client saw.
"""

import json
import sys

import anyio
from mcp import Client, MCPError, StdioServerParameters
from mcp_types import ElicitResult

TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


async def main(mode, target):
    server = target[0] if target[0].startswith("http") else StdioServerParameters(command=target[0], args=target[1:])
    logs = []

    async def answer(context, params):
        return ElicitResult(action="accept", content={"sure": True, "note": "ok"})

    async def log(message):
        logs.append([message.level, message.logger, message.data])

    # In 2026-07-28 each request sets its log level.
    handlers = {"elicitation_callback": answer, "logging_callback": log, "log_level": "warning"}
    async with Client(server, mode=mode, **handlers) as client:
        steps = []

        async def progress(step, total, message):
            steps.append([step, total, message])

        tools = await client.list_tools()
        good = await client.call_tool("measure", {"name": "abc", "n": 3, "mode": "fast"})
        # These arguments violate the input schema.
        bad = await client.call_tool("measure", {"name": "ABCDEF", "n": 99, "mode": "fast", "nn": 1})
        # No tool has this name.
        try:
            unknown = (await client.call_tool("mesure", {})).model_dump_json()
        except MCPError as error:
            unknown = error.error.code
        # `routed` declares headers for these arguments. A client that supports mirrored headers sends them, too.
        routed = await client.call_tool("routed", {"region": "größe", "priority": -7, "trial": True, "note": "n"})
        asked = await client.call_tool("confirms", {"what": "it"})
        if mode == "legacy":
            await client.set_logging_level("warning")
        await client.call_tool("logs", {})
        traced = await client.call_tool("traced", {}, meta={"traceparent": TRACE})
        await client.call_tool("steps", {"count": 3, "milliseconds": 20}, progress_callback=progress)

        # The tool `counts` returns the number of calls that run, and of those that were dropped.
        async def count(what):
            return (await client.call_tool("counts", {})).structured_content[what]

        async with anyio.create_task_group() as group:
            group.start_soon(client.call_tool, "waits", {"milliseconds": 60_000})
            while not await count("running"):
                pass
            group.cancel_scope.cancel()
        while not (dropped := await count("dropped")):
            pass
        report = {
            "protocol": client.protocol_version,
            "server": client.server_info.name,
            "tools": [tool.name for tool in tools.tools],
            "good": good.structured_content,
            "bad": bad.content[0].text if bad.is_error else None,
            "unknown": unknown,
            "routed": routed.content[0].text,
            "asked": asked.content[0].text,
            "logs": logs,
            "traced": traced.content[0].text,
            "steps": steps,
            "dropped": dropped,
        }
        print(json.dumps(report))


anyio.run(main, sys.argv[1], sys.argv[2:])
