"""The rows of the table: a feature each, and what is asked for it."""

import time
from collections.abc import Callable

from servers import Server
from suite import passed
from wire import NEWER, OLDER, Answer, Caller

YES, NO = "yes", "no"
TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
FORM = {"elicitation": {"form": {}}}
ACCEPT = {"action": "accept", "content": {"name": "Ada"}}
TASKS = {"extensions": {"io.modelcontextprotocol/tasks": {}}}
# Until something is seen that takes a while, and how often is looked.
PATIENCE, PAUSE = 15, 0.1

Row = tuple[str, str, Callable[[Server], str]]
ROWS: list[Row] = []


def row(key: str, title: str):
    """A row of the table: what it is called, and who fills it."""

    def add(ask):
        ROWS.append((key, title, ask))
        return ask

    return add


def newer(server: Server, **given) -> Caller:
    return Caller(server.url, NEWER, **given)


def older(server: Server, **given) -> Caller:
    return Caller(server.url, OLDER, **given)


def told(answer: Answer) -> str:
    """What came, in a word or two."""
    if answer.error:
        return str(answer.error.get("code"))
    if answer.result is None:
        return f"HTTP {answer.status}" if answer.status != 200 else "nothing"
    if answer.result.get("isError"):
        return "isError"
    kind = answer.result.get("resultType", "complete")
    return "ran" if kind == "complete" else kind


def seen(is_there: object, answer: Answer) -> str:
    """`yes`, or what came in its place."""
    if is_there:
        return YES
    word = told(answer)
    return NO if word == "ran" else word


@row("older", "serves 2025-11-25")
def _(server):
    caller = older(server)
    return seen(caller.opened.result and caller.opened.result["protocolVersion"] == OLDER, caller.opened)


@row("newer", "serves 2026-07-28 (`server/discover`)")
def _(server):
    answer = newer(server).ask("server/discover")
    return seen(answer.result and NEWER in answer.result.get("supportedVersions", []), answer)


@row("both", "both at one endpoint")
def _(server):
    first = older(server).call("text")
    second = newer(server).call("text")
    if first.text != "text":
        return f"{OLDER}: {told(first)}"
    return seen(second.text == "text", second)


@row("info", "`serverInfo` in `_meta` of a result, 2026-07-28")
def _(server):
    answer = newer(server).ask("tools/list")
    return seen("io.modelcontextprotocol/serverInfo" in answer.meta, answer)


@row("cache", "`tools/list` says `ttlMs` and `cacheScope`")
def _(server):
    answer = newer(server).ask("tools/list")
    return seen(answer.result and {"ttlMs", "cacheScope"} <= answer.result.keys(), answer)


@row("undeclared", "what isn't declared answers -32601 (`prompts/list`)")
def _(server):
    caller = newer(server)
    declared = caller.ask("server/discover").result or {}
    if "prompts" in declared.get("capabilities", {}):
        return "declared"
    answer = caller.ask("prompts/list")
    return YES if answer.code == -32601 else "a list" if answer.result else told(answer)


@row("media", "images, audio, resources and links")
def _(server):
    answer = newer(server).call("media")
    kinds = {piece["type"] for piece in answer.content}
    missing = {"image", "audio", "resource", "resource_link"} - kinds
    return YES if not missing else seen(False, answer) if not kinds else "no " + ", ".join(sorted(missing))


@row("structured", "structured, and the same as text")
def _(server):
    answer = newer(server).call("structured", {"n": 7})
    is_structured = (answer.result or {}).get("structuredContent") == {"n": 7}
    return YES if is_structured and "7" in answer.text else "no text" if is_structured else seen(False, answer)


@row("bounds", "arguments held to their schema's bounds")
def _(server):
    # Where such a tool is made otherwise than one that is structured, it has a name of its own.
    name = "bounded" if newer(server).tool("bounded") else "structured"
    if 10 not in said(newer(server).tool(name).get("inputSchema"), "maximum"):
        return "not listed"
    answer = newer(server).call(name, {"n": 11})
    return YES if answer.is_refused else told(answer)


def said(value: object, key: str) -> list:
    """All that stands under a key, at any depth."""
    if isinstance(value, list):
        return [found for item in value for found in said(item, key)]
    if isinstance(value, dict):
        return [found for at, item in value.items() for found in ([item] if at == key else said(item, key))]
    return []


@row("output", "results held to their output schema")
def _(server):
    if "outputSchema" not in newer(server).tool("broken"):
        return "not listed"
    answer = newer(server).call("broken")
    return YES if answer.is_refused else "sent" if "100" in str(answer.result) else told(answer)


def in_session(server: Server, ask: Callable[[Caller], str], **given) -> str:
    """What a client without the session's own stream (GET) sees, else what one with it does."""
    if (first := ask(older(server, **given))) == YES:
        return first
    caller = older(server, listens=True, **given)
    second = ask(caller)
    # What isn't an answer may come by it; an answer belongs to its request.
    return first if second != YES else "by GET" if caller.is_answered_elsewhere else YES


def progress(caller: Caller) -> str:
    answer = caller.call("progress", meta={"progressToken": "p"})

    def reports() -> list:
        # In the older era they may come by the session's own stream.
        notes = answer.notes("notifications/progress") + Answer(None, caller.heard).notes("notifications/progress")
        return [note["params"] for note in notes if note["params"]["progressToken"] == "p"]

    return seen(until(lambda: len(reports()) >= 2, 3), answer)


@row("progress-older", "progress, 2025-11-25")
def _(server):
    return in_session(server, progress)


@row("progress-newer", "progress, 2026-07-28")
def _(server):
    return progress(newer(server))


@row("log", "log messages to who asks for them, 2026-07-28")
def _(server):
    answer = newer(server).call("log", meta={"io.modelcontextprotocol/logLevel": "info"})
    return seen(answer.notes("notifications/message"), answer)


@row("log-unasked", "log messages to nobody else, 2026-07-28")
def _(server):
    answer = newer(server).call("log")
    return "sent" if answer.notes("notifications/message") else YES if answer.text else told(answer)


@row("cancel", "closing the response stops the function, 2026-07-28")
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
    return next((how for how in ("stopped", "finished") if now[how] > before[how]), None)


def until(look: Callable[[], object], patience: float = PATIENCE):
    """What is seen at last, or nothing."""
    deadline = time.monotonic() + patience
    while not (found := look()) and time.monotonic() < deadline:
        time.sleep(PAUSE)
    return found or None


@row("form-older", "asks the person in a session, 2025-11-25")
def _(server):

    def asked(caller: Caller) -> str:
        answer = caller.call("form", {"topic": "a"})
        return seen("Ada" in answer.text and "elicitation/create" in caller.asked, answer)

    return in_session(server, asked, capabilities={"elicitation": {}}, answers={"elicitation/create": ACCEPT})


def asks(server: Server, name: str = "form", arguments: object = None, capabilities: object = None) -> Answer:
    arguments = {"topic": "a"} if name == "form" and arguments is None else arguments
    return newer(server, capabilities=FORM if capabilities is None else capabilities).call(name, arguments)


def answered(server: Server, first: Answer, arguments: dict, state: str | None = None) -> Answer:
    """The call again, with an answer to each question and the state, or another."""
    given = {key: ACCEPT for key in (first.result or {}).get("inputRequests", {})}
    more = {"inputResponses": given}
    if (state := state or (first.result or {}).get("requestState")) is not None:
        more["requestState"] = state
    return newer(server, capabilities=FORM).call("form", arguments, more=more)


def is_question(answer: Answer) -> bool:
    return (answer.result or {}).get("resultType") == "input_required"


@row("form-newer", "asks the person by a result, 2026-07-28")
def _(server):
    first = asks(server)
    if not is_question(first):
        return seen(False, first)
    last = answered(server, first, {"topic": "a"})
    return seen("Ada" in last.text, last)


def state_row(change: Callable[[Server, Answer], Answer]) -> Callable[[Server], str]:
    def ask(server):
        first = asks(server)
        if not is_question(first):
            return "–"
        if "requestState" not in first.result:
            return "no state"
        if "Ada" not in answered(server, asks(server), {"topic": "a"}).text:
            return "–"
        last = change(server, first)
        # Asked again is refused too: the answer didn't count.
        return YES if last.is_refused or is_question(last) else "ran" if "Ada" in last.text else told(last)

    return ask


def bare(server, first):
    del first.result["requestState"]
    return answered(server, first, {"topic": "a"})


def tampered(server, first):
    state = first.result["requestState"]
    middle = len(state) // 2
    other = "A" if state[middle] != "A" else "B"
    return answered(server, first, {"topic": "a"}, state[:middle] + other + state[middle + 1 :])


def replayed(server, first):
    answered(server, first, {"topic": "a"})
    return answered(server, first, {"topic": "a"})


def moved(server, first):
    return answered(server, first, {"topic": "b"})


row("tampered", "a changed `requestState` is refused")(state_row(tampered))
row("moved", "a `requestState` for other arguments is refused")(state_row(moved))
row("bare", "an answer without its `requestState` is refused")(state_row(bare))
row("replayed", "a `requestState` used twice is refused")(state_row(replayed))


@row("incapable", "who can't be asked gets -32021")
def _(server):
    answer = asks(server, capabilities={})
    return YES if answer.code == -32021 else "asked" if is_question(answer) else told(answer)


@row("url", "asks to open a page (URL mode), 2026-07-28")
def _(server):
    answer = asks(server, "link", {}, {"elicitation": {"form": {}, "url": {}}})
    requests = (answer.result or {}).get("inputRequests", {}).values()
    return seen(any(request["params"].get("mode") == "url" for request in requests), answer)


@row("sample", "asks the client's model, 2026-07-28")
def _(server):
    answer = asks(server, "sample", {}, {"sampling": {}})
    requests = (answer.result or {}).get("inputRequests", {}).values()
    return seen(any(request["method"] == "sampling/createMessage" for request in requests), answer)


@row("header", "`x-mcp-header` is listed")
def _(server):
    listed = newer(server).tool("region").get("inputSchema", {}).get("properties", {}).get("region", {})
    return YES if listed.get("x-mcp-header", "").lower() == "region" else NO


@row("mismatch", "another value in the header is refused (400, -32020)")
def _(server):
    answer = newer(server).call("region", {"region": "north"}, headers={"Mcp-Param-Region": "south"})
    return YES if (answer.status, answer.code) == (400, -32020) else told(answer)


@row("changed", "`tools/list_changed` to who listens, 2026-07-28")
def _(server):
    caller = newer(server)
    listening = caller.begin(None, method="subscriptions/listen", params={"notifications": {"toolsListChanged": True}})
    try:
        first = listening.next(PATIENCE)
        if first is None or first.get("method") != "notifications/subscriptions/acknowledged":
            return told(Answer.of(listening.status, first))
        changing = caller.call("change")
        for _ in range(10):
            message = listening.next(3)
            if message is None:
                return seen(False, changing)
            if message.get("method") == "notifications/tools/list_changed":
                return YES
        return NO
    finally:
        listening.close()


def begun(server: Server, seconds: float, **given) -> tuple[Caller, Answer]:
    caller = newer(server, capabilities=TASKS, **given)
    return caller, caller.call("job", {"seconds": seconds})


def task(caller: Caller, method: str, begun: Answer) -> Answer:
    return caller.ask(method, {"taskId": begun.result["taskId"]})


def is_task(answer: Answer) -> bool:
    return (answer.result or {}).get("resultType") == "task"


@row("task", "a call goes on as a task, and ends (`tasks/get`)")
def _(server):
    caller, first = begun(server, 0.2)
    if not is_task(first):
        return seen(False, first)
    last = until(lambda: got if is_over(got := task(caller, "tasks/get", first)) else None)
    if last is None:
        return "no end"
    return seen("done" in str((last.result or {}).get("result")), last)


def is_over(answer: Answer) -> bool:
    return bool(answer.error) or (answer.result or {}).get("status") not in ("working", "input_required")


@row("task-cancel", "a task is cancelled (`tasks/cancel`)")
def _(server):
    caller, first = begun(server, 10)
    if not is_task(first):
        return "–"
    answer = task(caller, "tasks/cancel", first)
    if answer.error:
        return told(answer)
    last = until(lambda: got if is_over(got := task(caller, "tasks/get", first)) else None)
    status = (last.result or {}).get("status") if last else "works on"
    return YES if status == "cancelled" else status or told(last)


@row("task-stop", "a cancelled task's function stops")
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


@row("task-undeclared", "no task for who didn't declare the extension")
def _(server):
    answer = newer(server).call("job", {"seconds": 0.1})
    return YES if answer.code == -32021 or "done" in answer.text else told(answer)


@row("trace", "`traceparent` reaches the function")
def _(server):
    answer = newer(server).call("trace", meta={"traceparent": TRACE})
    return seen(answer.text == TRACE, answer)


@row("layer", "middleware around a call")
def _(server):
    caller = newer(server)
    before = caller.state()
    caller.call("text")
    after = caller.state()
    return YES if before and after and after["layered"] > before["layered"] else NO


@row("suite-older", "the official suite's checks that pass, 2025-11-25: required; others")
def _(server):
    return passed(server, OLDER)


@row("suite-newer", "the official suite's checks that pass, 2026-07-28: required; others")
def _(server):
    return passed(server, NEWER)


