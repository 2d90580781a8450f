"""Rows of the table. Each row has the title of one feature, and the function that probes servers for it.

The probes call tools that all servers have under the same names, as in `server.py`: `form` asks for a name, `broken`
returns a number above its maximum, `slow` and `job` take some seconds, and `state` returns counters of calls.
"""

import time
from collections.abc import Callable

from servers import Server
from suite import passed
from wire import NEWER, OLDER, Answer, Caller

YES, NO = "yes", "no"
# A valid `traceparent`.
TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
# Capability of a client that can be asked by a form, and the answer of the client.
FORM = {"elicitation": {"form": {}}}
ACCEPT = {"action": "accept", "content": {"name": "Ada"}}
# Capability of a client that supports tasks.
TASKS = {"extensions": {"io.modelcontextprotocol/tasks": {}}}
# Time limit and interval of repeated probes, in seconds.
TIME_LIMIT, INTERVAL = 15, 0.1

Row = tuple[str, str, Callable[[Server], str]]
ROWS: list[Row] = []


def row(key: str, title: str):
    """Registers a row: its key, its title, and the function that returns a cell of it."""

    def add(ask):
        ROWS.append((key, title, ask))
        return ask

    return add


def newer(server: Server, **given) -> Caller:
    """Returns a client of 2026-07-28."""
    return Caller(server.url, NEWER, **given)


def older(server: Server, **given) -> Caller:
    """Returns a client of 2025-11-25 with an open session."""
    return Caller(server.url, OLDER, **given)


def outcome(answer: Answer) -> str:
    """Describes a response in a word or two; `ran` if the function ran to its end."""
    if answer.error:
        return str(answer.error.get("code"))
    if answer.result is None:
        return f"HTTP {answer.status}" if answer.status != 200 else "nothing"
    if answer.result.get("isError"):
        return "isError"
    kind = answer.result.get("resultType", "complete")
    return "ran" if kind == "complete" else kind


def observed(is_present: object, answer: Answer) -> str:
    """Returns `yes`, or a description of a response without the feature."""
    if is_present:
        return YES
    word = outcome(answer)
    return NO if word == "ran" else word


@row("older", "serves protocol revision 2025-11-25")
def _(server):
    caller = older(server)
    return observed(caller.opened.result and caller.opened.result["protocolVersion"] == OLDER, caller.opened)


@row("newer", "serves protocol revision 2026-07-28 (`server/discover`)")
def _(server):
    answer = newer(server).ask("server/discover")
    return observed(answer.result and NEWER in answer.result.get("supportedVersions", []), answer)


@row("both", "serves both revisions at one endpoint")
def _(server):
    first = older(server).call("text")
    second = newer(server).call("text")
    if first.text != "text":
        return f"{OLDER}: {outcome(first)}"
    return observed(second.text == "text", second)


@row("info", "results have `serverInfo` in `_meta`, 2026-07-28")
def _(server):
    answer = newer(server).ask("tools/list")
    return observed("io.modelcontextprotocol/serverInfo" in answer.meta, answer)


@row("cache", "results of `tools/list` have `ttlMs` and `cacheScope`")
def _(server):
    answer = newer(server).ask("tools/list")
    return observed(answer.result and {"ttlMs", "cacheScope"} <= answer.result.keys(), answer)


@row("undeclared", "a server without prompts answers `prompts/list` with -32601")
def _(server):
    caller = newer(server)
    declared = caller.ask("server/discover").result or {}
    if "prompts" in declared.get("capabilities", {}):
        return "declared"
    answer = caller.ask("prompts/list")
    return YES if answer.code == -32601 else "a list" if answer.result else outcome(answer)


@row("media", "results contain images, audio, resources and resource links")
def _(server):
    answer = newer(server).call("media")
    kinds = {piece["type"] for piece in answer.content}
    missing = {"image", "audio", "resource", "resource_link"} - kinds
    return YES if not missing else observed(False, answer) if not kinds else "no " + ", ".join(sorted(missing))


@row("structured", "results contain `structuredContent` and the same value as text")
def _(server):
    answer = newer(server).call("structured", {"n": 7})
    is_structured = (answer.result or {}).get("structuredContent") == {"n": 7}
    return YES if is_structured and "7" in answer.text else "no text" if is_structured else observed(False, answer)


@row("bounds", "arguments outside the bounds of the input schema are refused")
def _(server):
    # Some servers need a separate tool for bounds.
    name = "bounded" if newer(server).tool("bounded") else "structured"
    if 10 not in values_of(newer(server).tool(name).get("inputSchema"), "maximum"):
        return "not listed"
    answer = newer(server).call(name, {"n": 11})
    return YES if answer.is_refused else outcome(answer)


def values_of(value: object, key: str) -> list:
    """Returns all values of a key, at any depth."""
    if isinstance(value, list):
        return [found for item in value for found in values_of(item, key)]
    if isinstance(value, dict):
        return [found for at, item in value.items() for found in ([item] if at == key else values_of(item, key))]
    return []


@row("output", "results that violate the output schema aren't sent")
def _(server):
    if "outputSchema" not in newer(server).tool("broken"):
        return "not listed"
    answer = newer(server).call("broken")
    return YES if answer.is_refused else "sent" if "100" in str(answer.result) else outcome(answer)


def in_session(server: Server, ask: Callable[[Caller], str], **given) -> str:
    """Probes without the session's GET stream, and if this fails, again with it.

    Returns `by GET` if the feature works only because the response to the request arrived on the GET stream.
    """
    if (first := ask(older(server, **given))) == YES:
        return first
    caller = older(server, listens=True, **given)
    second = ask(caller)
    # Other messages may use the GET stream, but a response must be sent on the stream of its own request.
    return first if second != YES else "by GET" if caller.is_answered_elsewhere else YES


def progress(caller: Caller) -> str:
    """Probes for two progress reports of one call."""
    answer = caller.call("progress", meta={"progressToken": "p"})

    def reports() -> list:
        # In 2025-11-25, progress reports may arrive on the GET stream of the session.
        notes = answer.notes("notifications/progress") + Answer(None, caller.heard).notes("notifications/progress")
        return [note["params"] for note in notes if note["params"]["progressToken"] == "p"]

    return observed(until(lambda: len(reports()) >= 2, 3), answer)


@row("progress-older", "progress notifications, 2025-11-25")
def _(server):
    return in_session(server, progress)


@row("progress-newer", "progress notifications, 2026-07-28")
def _(server):
    return progress(newer(server))


@row("log", "log messages for clients that request them, 2026-07-28")
def _(server):
    answer = newer(server).call("log", meta={"io.modelcontextprotocol/logLevel": "info"})
    return observed(answer.notes("notifications/message"), answer)


@row("log-unasked", "no log messages for clients that don't request them, 2026-07-28")
def _(server):
    answer = newer(server).call("log")
    return "sent" if answer.notes("notifications/message") else YES if answer.text else outcome(answer)


@row("cancel", "the function stops if the client closes the response, 2026-07-28")
def _(server):
    caller = newer(server)
    before = caller.state()
    if before is None:
        return "no state"
    waiting = caller.begin("slow")
    if not until(lambda: (caller.state() or before)["started"] > before["started"]):
        return "not begun"
    waiting.close()
    done = until(lambda: ended(before, caller.state() or before))
    return {"stopped": YES, "finished": "ran on", None: "neither"}[done]


def ended(before: dict, now: dict) -> str | None:
    """Returns the counter that increased between two readings, `stopped` or `finished`; `None` if neither did."""
    return next((how for how in ("stopped", "finished") if now[how] > before[how]), None)


def until(look: Callable[[], object], time_limit: float = TIME_LIMIT):
    """Repeats `look` until its result is true, and returns the result; `None` after the time limit."""
    deadline = time.monotonic() + time_limit
    while not (found := look()) and time.monotonic() < deadline:
        time.sleep(INTERVAL)
    return found or None


@row("form-older", "elicitation by a request to the client, 2025-11-25")
def _(server):

    def asked(caller: Caller) -> str:
        answer = caller.call("form", {"topic": "a"})
        return observed("Ada" in answer.text and "elicitation/create" in caller.asked, answer)

    return in_session(server, asked, capabilities={"elicitation": {}}, answers={"elicitation/create": ACCEPT})


def asks(server: Server, name: str = "form", arguments: object = None, capabilities: object = None) -> Answer:
    """Calls a tool that asks a question, and returns its first response."""
    arguments = {"topic": "a"} if name == "form" and arguments is None else arguments
    return newer(server, capabilities=FORM if capabilities is None else capabilities).call(name, arguments)


def answered(server: Server, first: Answer, arguments: dict, state: str | None = None) -> Answer:
    """Repeats the call of `form` with an answer to each question in its response `first`.

    The repeated call has the request state `state`, or else that of `first`.
    """
    given = {key: ACCEPT for key in (first.result or {}).get("inputRequests", {})}
    more = {"inputResponses": given}
    if (state := state or (first.result or {}).get("requestState")) is not None:
        more["requestState"] = state
    return newer(server, capabilities=FORM).call("form", arguments, more=more)


def is_question(answer: Answer) -> bool:
    return (answer.result or {}).get("resultType") == "input_required"


@row("form-newer", "elicitation by an `input_required` result, 2026-07-28")
def _(server):
    first = asks(server)
    if not is_question(first):
        return observed(False, first)
    last = answered(server, first, {"topic": "a"})
    return observed("Ada" in last.text, last)


def state_row(change: Callable[[Server, Answer], Answer]) -> Callable[[Server], str]:
    """Returns a probe that expects a refusal of the repeated call that `change` makes."""

    def ask(server):
        first = asks(server)
        if not is_question(first):
            return "–"
        if "requestState" not in first.result:
            return "no state"
        # The row can't be measured if even a correct repeated call fails.
        if "Ada" not in answered(server, asks(server), {"topic": "a"}).text:
            return "–"
        last = change(server, first)
        # A repeated question counts as a refusal, because the server ignored the answer.
        return YES if last.is_refused or is_question(last) else "ran" if "Ada" in last.text else outcome(last)

    return ask


def without_state(server, first):
    """Answers without a request state."""
    del first.result["requestState"]
    return answered(server, first, {"topic": "a"})


def tampered(server, first):
    """Answers with one modified character in the request state."""
    state = first.result["requestState"]
    middle = len(state) // 2
    other = "A" if state[middle] != "A" else "B"
    return answered(server, first, {"topic": "a"}, state[:middle] + other + state[middle + 1 :])


def replayed(server, first):
    """Answers twice with the same request state, and returns the second response."""
    answered(server, first, {"topic": "a"})
    return answered(server, first, {"topic": "a"})


def moved(server, first):
    """Answers in a call with another argument."""
    return answered(server, first, {"topic": "b"})


row("tampered", "a modified `requestState` is refused")(state_row(tampered))
row("moved", "a `requestState` is refused if the repeated call has other arguments")(state_row(moved))
row("bare", "an elicitation answer without its `requestState` is refused")(state_row(without_state))
row("replayed", "a `requestState` is refused if it is sent a second time")(state_row(replayed))


@row("incapable", "if the client lacks elicitation, a call that needs it fails with -32021")
def _(server):
    answer = asks(server, capabilities={})
    return YES if answer.code == -32021 else "asked" if is_question(answer) else outcome(answer)


@row("url", "elicitation in URL mode, 2026-07-28")
def _(server):
    answer = asks(server, "link", {}, {"elicitation": {"form": {}, "url": {}}})
    requests = (answer.result or {}).get("inputRequests", {}).values()
    return observed(any(request["params"].get("mode") == "url" for request in requests), answer)


@row("sample", "sampling (`sampling/createMessage`), 2026-07-28")
def _(server):
    answer = asks(server, "sample", {}, {"sampling": {}})
    requests = (answer.result or {}).get("inputRequests", {}).values()
    return observed(any(request["method"] == "sampling/createMessage" for request in requests), answer)


@row("header", "`x-mcp-header` is in the input schema")
def _(server):
    listed = newer(server).tool("region").get("inputSchema", {}).get("properties", {}).get("region", {})
    return YES if listed.get("x-mcp-header", "").lower() == "region" else NO


@row("mismatch", "a mirrored header that differs from its argument is refused (HTTP 400, -32020)")
def _(server):
    answer = newer(server).call("region", {"region": "north"}, headers={"Mcp-Param-Region": "south"})
    return YES if (answer.status, answer.code) == (400, -32020) else outcome(answer)


@row("changed", "`tools/list_changed` for subscribed clients, 2026-07-28")
def _(server):
    caller = newer(server)
    listening = caller.begin(None, method="subscriptions/listen", params={"notifications": {"toolsListChanged": True}})
    try:
        first = listening.next(TIME_LIMIT)
        if first is None or first.get("method") != "notifications/subscriptions/acknowledged":
            return outcome(Answer.of(listening.status, first))
        changing = caller.call("change")
        for _ in range(10):
            message = listening.next(3)
            if message is None:
                return observed(False, changing)
            if message.get("method") == "notifications/tools/list_changed":
                return YES
        return NO
    finally:
        listening.close()


def begun(server: Server, seconds: float, **given) -> tuple[Caller, Answer]:
    """Calls `job` with a client that supports tasks, and returns the client and the response."""
    caller = newer(server, capabilities=TASKS, **given)
    return caller, caller.call("job", {"seconds": seconds})


def task(caller: Caller, method: str, created: Answer) -> Answer:
    """Sends a request about the task that the response `created` names."""
    return caller.ask(method, {"taskId": created.result["taskId"]})


def is_task(answer: Answer) -> bool:
    return (answer.result or {}).get("resultType") == "task"


@row("task", "a call runs as a task, and `tasks/get` returns its result")
def _(server):
    caller, first = begun(server, 0.2)
    if not is_task(first):
        return observed(False, first)
    last = until(lambda: got if is_over(got := task(caller, "tasks/get", first)) else None)
    if last is None:
        return "no end"
    return observed("done" in str((last.result or {}).get("result")), last)


def is_over(answer: Answer) -> bool:
    """Returns `True` if the response to `tasks/get` is an error, or says that the task has ended."""
    return bool(answer.error) or (answer.result or {}).get("status") not in ("working", "input_required")


@row("task-cancel", "`tasks/cancel` cancels a task")
def _(server):
    caller, first = begun(server, 10)
    if not is_task(first):
        return "–"
    answer = task(caller, "tasks/cancel", first)
    if answer.error:
        return outcome(answer)
    last = until(lambda: got if is_over(got := task(caller, "tasks/get", first)) else None)
    status = (last.result or {}).get("status") if last else "works on"
    return YES if status == "cancelled" else status or outcome(last)


@row("task-stop", "the function of a cancelled task stops")
def _(server):
    caller = newer(server, capabilities=TASKS)
    before = caller.state()
    first = caller.call("job", {"seconds": 10})
    if before is None or not is_task(first):
        return "–"
    if not until(lambda: (caller.state() or before)["started"] > before["started"]):
        return "not begun"
    task(caller, "tasks/cancel", first)
    done = until(lambda: ended(before, caller.state() or before))
    return {"stopped": YES, "finished": "ran on", None: "neither"}[done]


@row("task-undeclared", "no task for clients that don't declare the tasks extension")
def _(server):
    answer = newer(server).call("job", {"seconds": 0.1})
    return YES if answer.code == -32021 or "done" in answer.text else outcome(answer)


@row("trace", "the function can read `traceparent`")
def _(server):
    answer = newer(server).call("trace", meta={"traceparent": TRACE})
    return observed(answer.text == TRACE, answer)


@row("layer", "middleware around tool calls")
def _(server):
    caller = newer(server)
    before = caller.state()
    caller.call("text")
    after = caller.state()
    return YES if before and after and after["layered"] > before["layered"] else NO


@row("suite-older", "passed checks of the official suite, 2025-11-25: in scenarios that the revision requires; in others")
def _(server):
    return passed(server, OLDER)


@row("suite-newer", "passed checks of the official suite, 2026-07-28: in scenarios that the revision requires; in others")
def _(server):
    return passed(server, NEWER)


