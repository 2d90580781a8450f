"""Who is asked: how each server is built, started and ended, and what its authors can't ask for."""

import json
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path

HERE = Path(__file__).parent
WORKSPACE = HERE.parent
# Until a server listens.
PATIENCE = 30


@dataclass
class Server:
    """A server that is asked."""

    name: str
    label: str
    # The crate whose version is told; none for Python's and for ours.
    crate: str | None = None
    path: str = "/mcp"
    # Rows that its authors can't ask for, with where we looked.
    lacks: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    url: str = ""
    process: subprocess.Popen | None = None

    def start(self) -> str:
        """Builds it and starts it on a free port; says what went wrong."""
        if (command := self.command()) is None:
            return "doesn't compile"
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}{self.path}"
        log = open(self.log, "w", encoding="utf-8")
        self.process = subprocess.Popen(command + [f"127.0.0.1:{port}"], stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline and self.process.poll() is None:
            with socket.socket() as there:
                if there.connect_ex(("127.0.0.1", port)) == 0:
                    return ""
            time.sleep(0.05)
        self.stop()
        return "doesn't start"

    @property
    def log(self) -> Path:
        place = target() / "features"
        place.mkdir(parents=True, exist_ok=True)
        return place / f"{self.name}.log"

    def command(self) -> list[str] | None:
        """What starts it, once it is built; nothing where it can't be."""
        if self.name == "fastmcp":
            return [sys.executable, str(HERE / "server.py")]
        program = f"features-{self.name}"
        build = ["cargo", "build", "--quiet", "-p", "mcp-tool-features", "--features", self.name, "--bin", program]
        if subprocess.run(build, cwd=WORKSPACE, check=False).returncode:
            return None
        serve = ["serve", "--audit-file", str(self.log.with_suffix(".records")), "--http"] if self.name == "ours" else []
        return [str(target() / "debug" / program)] + serve

    def version(self) -> str:
        """Which one was asked."""
        if self.name == "fastmcp":
            return metadata.version("fastmcp")
        if self.crate is None:
            return ""
        return packages()[self.crate]

    def stop(self) -> None:
        """Ends it."""
        if self.process is not None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


def described() -> dict:
    """The workspace as cargo describes it."""
    command = ["cargo", "metadata", "--format-version", "1", "--all-features"]
    return json.loads(subprocess.run(command, cwd=WORKSPACE, check=True, capture_output=True).stdout)


DESCRIBED: dict = {}


def target() -> Path:
    DESCRIBED.update(DESCRIBED or described())
    return Path(DESCRIBED["target_directory"])


def packages() -> dict[str, str]:
    DESCRIBED.update(DESCRIBED or described())
    return {package["name"]: package["version"] for package in DESCRIBED["packages"]}


SERVERS = [
    Server("ours", "ours"),
    Server(
        "rmcp",
        "rmcp",
        "rmcp",
        lacks={
            # Neither the router (handler/server/router/tool.rs) nor the service (service/tower.rs) has a seam around
            # a tool; a handler may do as it likes in a `call_tool` that it writes by hand.
            "layer": "handler/server/router/tool.rs, service/tower.rs",
        },
        notes=["rmcp: whether a call becomes a task, what `requestState` is sealed to, who is told of changes, and which "
               "question goes which way in which era, is the author's own code here; its parts are rmcp's."],
    ),
    Server("fastmcp", "FastMCP"),
    Server("tower-mcp", "tower-mcp", "tower-mcp"),
    Server("turbomcp", "turbomcp", "turbomcp"),
    Server("pmcp", "pmcp", "pmcp", path="/"),
]
