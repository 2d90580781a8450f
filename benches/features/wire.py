"""A client without an MCP library, which sends any message and keeps all messages that it receives."""

import itertools
import json
import queue
import threading
import time
from http.client import HTTPConnection, HTTPException
from urllib.parse import urlsplit

OLDER, NEWER = "2025-11-25", "2026-07-28"
# Beginning of the keys in `_meta`.
PREFIX = "io.modelcontextprotocol/"
CLIENT = {"name": "features", "version": "1.0.0"}
# Time limit of one message, in seconds.
TIMEOUT = 20
# Time limit of waiting for a message on the GET stream of a session, in seconds.
STREAM_LIMIT = 15


class Closed(Exception):
    """Raised if no response arrives. The text is the reason."""


class Answer:
    """A response, with the messages that arrived before it."""

    def __init__(self, status: int | None, messages: list[dict]):
        self.status, self.messages = status, messages
        last = next((message for message in reversed(messages) if "result" in message or "error" in message), {})
        self.result: dict | None = last.get("result")
        self.error: dict | None = last.get("error")

    @classmethod
    def of(cls, status: int | None, message: dict | None) -> "Answer":
        """Returns the response that consists of one message, or of none."""
        return cls(status, [message] if message else [])

    @property
    def code(self) -> int | None:
        return (self.error or {}).get("code")

    @property
    def meta(self) -> dict:
        return (self.result or {}).get("_meta") or {}

    @property
    def content(self) -> list[dict]:
        return (self.result or {}).get("content") or []

    @property
    def text(self) -> str:
        """Text of a successful result."""
        if (self.result or {}).get("isError"):
            return ""
        return "".join(piece.get("text", "") for piece in self.content if piece["type"] == "text")

    @property
    def is_refused(self) -> bool:
        """`True` if the response is an error, or a result with `isError`."""
        return bool(self.error) or bool((self.result or {}).get("isError"))

    def notes(self, method: str) -> list[dict]:
        """Returns the received notifications with this method."""
        return [message for message in self.messages if message.get("method") == method]


class Stream:
    """A streamed response that can be closed early."""

    def __init__(self, url: str, method: str, headers: dict, body: dict | None):
        parts = urlsplit(url)
        self.connection = HTTPConnection(parts.hostname, parts.port, timeout=TIMEOUT)
        try:
            text = None if body is None else json.dumps(body)
            self.connection.request(method, parts.path or "/", text, headers)
            self.socket = self.connection.sock
            self.response = None
        except OSError as error:
            raise Closed("no connection") from error
        self.messages: queue.Queue = queue.Queue()
        self.status: int | None = None
        self.headers: dict = {}
        # Set when status and headers have arrived, or when none will arrive.
        self.head = threading.Event()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        """Puts all messages of the response into the queue, and `None` at its end."""
        try:
            self.response = self.connection.getresponse()
            self.status = self.response.status
            self.headers = {name.lower(): value for name, value in self.response.getheaders()}
            self.head.set()
            if "text/event-stream" in self.headers.get("content-type", ""):
                self._events()
            else:
                self._put(self.response.read())
        # The connection broke, `close` in another thread ended it, or the server sent no HTTP.
        except (OSError, HTTPException, ValueError, AttributeError):
            pass
        finally:
            self.head.set()
            self.messages.put(None)

    def _events(self) -> None:
        data = []
        while line := self.response.readline():
            line = line.rstrip(b"\r\n")
            if line.startswith(b"data:"):
                data.append(line[5:].lstrip())
            elif not line and data:
                self._put(b"\n".join(data))
                data = []

    def _put(self, text: bytes) -> None:
        try:
            message = json.loads(text)
        except ValueError:
            return
        if isinstance(message, dict):
            self.messages.put(message)

    def next(self, timeout: float = TIMEOUT) -> dict | None:
        """Returns the next message; `None` at the end or after the timeout."""
        try:
            return self.messages.get(timeout=timeout)
        except queue.Empty:
            return None

    def close(self) -> None:
        """Closes the connection."""
        try:
            # In both directions.
            self.socket.shutdown(2)
        except OSError:
            pass
        self.connection.close()


class Caller:
    """A client of one protocol revision. In 2025-11-25 it opens a session."""

    def __init__(
        self,
        url: str,
        era: str,
        capabilities: dict | None = None,
        answers: dict | None = None,
        listens: bool = False,
    ):
        # `era` is a protocol revision, `OLDER` or `NEWER`.
        self.url, self.era = url, era
        self.capabilities = capabilities or {}
        # Result for each method that the server may request.
        self.answers = answers or {}
        # Methods of the requests that the server sent.
        self.asked: list[str] = []
        # Messages of the GET stream.
        self.heard: list[dict] = []
        # The client opens the GET stream; a response to a POST request arrived on the GET stream.
        self.listens, self.is_answered_elsewhere = listens, False
        self.numbers = itertools.count(1)
        self.session: str | None = None
        if era == OLDER:
            params = {"protocolVersion": OLDER, "capabilities": self.capabilities, "clientInfo": CLIENT}
            self.opened = self.ask("initialize", params)
            self._send({"jsonrpc": "2.0", "method": "notifications/initialized"}).close()
            if listens:
                self._open()

    def _open(self) -> None:
        """Opens the GET stream of the session."""
        stream = Stream(self.url, "GET", self._headers("", None) | {"Accept": "text/event-stream"}, None)
        stream.head.wait(TIMEOUT)
        threading.Thread(target=self._listen, args=[stream], daemon=True).start()

    def _listen(self, stream: Stream) -> None:
        """Receives messages of the GET stream and answers requests."""
        while (message := stream.next(STREAM_LIMIT)) is not None:
            self.heard.append(message)
            if "method" in message and "id" in message:
                self._answer(message)
        stream.close()

    def _headers(self, method: str, name: str | None) -> dict:
        """Returns the headers of a request. `name` is the value of `Mcp-Name`, a header of some methods of 2026-07-28."""
        headers = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
        if method != "initialize":
            headers["MCP-Protocol-Version"] = self.era
        if self.session:
            headers["Mcp-Session-Id"] = self.session
        if self.era == NEWER:
            headers["Mcp-Method"] = method
            if name:
                headers["Mcp-Name"] = name
        return headers

    def _send(self, message: dict, more: dict | None = None) -> Stream:
        params = message.get("params", {})
        name = params.get("name") or params.get("uri") or params.get("taskId")
        headers = self._headers(message.get("method", ""), name) | (more or {})
        stream = Stream(self.url, "POST", headers, message)
        # Notifications and answers get only a status.
        if "id" not in message or "method" not in message:
            stream.head.wait(TIMEOUT)
        return stream

    def _message(self, method: str, params: dict | None, meta: dict | None) -> dict:
        params = dict(params or {})
        meta = dict(meta or {})
        if self.era == NEWER:
            meta[PREFIX + "protocolVersion"] = NEWER
            meta[PREFIX + "clientInfo"] = CLIENT
            meta[PREFIX + "clientCapabilities"] = self.capabilities
        if meta:
            params["_meta"] = meta
        return {"jsonrpc": "2.0", "id": next(self.numbers), "method": method, "params": params}

    def ask(
        self, method: str, params: dict | None = None, meta: dict | None = None, headers: dict | None = None
    ) -> Answer:
        """Sends a request and waits for the response. Meanwhile answers requests of the server."""
        message = self._message(method, params, meta)
        stream = self._send(message, headers)
        messages = []
        while (got := stream.next()) is not None:
            messages.append(got)
            if "method" in got and "id" in got:
                self._answer(got)
            elif got.get("id") == message["id"] or ("error" in got and got.get("id") is None):
                break
        stream.close()
        if stream.status is None:
            raise Closed("no answer")
        self.session = self.session or stream.headers.get("mcp-session-id")
        # The server sends the response on the GET stream instead.
        if stream.status == 202 and not messages and self.listens:
            self._await(message["id"])
            self.is_answered_elsewhere = True
            messages = list(self.heard)
        return Answer(stream.status, messages)

    def _await(self, number: int) -> None:
        """Waits for a response on the GET stream."""
        deadline = time.monotonic() + STREAM_LIMIT
        while time.monotonic() < deadline and not any(message.get("id") == number for message in list(self.heard)):
            time.sleep(0.05)

    def _answer(self, request: dict) -> None:
        """Answers a request of the server with the prepared result, or with an error if there is none."""
        self.asked.append(request["method"])
        answer = self.answers.get(request["method"])
        outcome = {"error": {"code": -32601, "message": "unknown"}} if answer is None else {"result": answer}
        self._send({"jsonrpc": "2.0", "id": request["id"]} | outcome).close()

    def call(
        self,
        name: str,
        arguments: dict | None = None,
        meta: dict | None = None,
        headers: dict | None = None,
        more: dict | None = None,
    ) -> Answer:
        """Calls a tool."""
        params = {"name": name, "arguments": arguments or {}} | (more or {})
        return self.ask("tools/call", params, meta, headers)

    def begin(self, name: str | None, method: str = "tools/call", params: dict | None = None) -> Stream:
        """Sends a request and returns the stream of the response, without reading it."""
        params = params or {"name": name, "arguments": {}}
        return self._send(self._message(method, params, None))

    def tool(self, name: str) -> dict:
        """Returns the entry of a tool in `tools/list`; empty if it is not listed."""
        tools = (self.ask("tools/list").result or {}).get("tools", [])
        return next((tool for tool in tools if tool["name"] == name), {})

    def state(self) -> dict | None:
        """Returns the server's counters of calls; `None` if the tool `state` fails."""
        try:
            return json.loads(self.call("state").text)
        except ValueError:
            return None
