"""Probed servers: how each is built, started and stopped, and which features have no API."""

import functools
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
ROOT = WORKSPACE.parent
# Time limit of a server start, in seconds.
START_LIMIT = 30


@dataclass
class Server:
    """A probed server."""

    name: str
    label: str
    # Name of the crate whose version the table shows; `None` for FastMCP and our server.
    crate: str | None = None
    path: str = "/mcp"
    # Keys of the rows for which the framework has no API, each with the source files that show this.
    lacks: dict[str, str] = field(default_factory=dict)
    # Rows that can't be measured; a note says why.
    unmeasured: tuple[str, ...] = ()
    notes: list[str] = field(default_factory=list)
    url: str = ""
    process: subprocess.Popen | None = None

    def start(self) -> str:
        """Builds and starts the server on a free port; returns an error or an empty text."""
        if (command := self.command()) is None:
            return "doesn't compile"
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}{self.path}"
        log = open(self.log, "w", encoding="utf-8")
        command = command + [f"127.0.0.1:{port}"]
        self.process = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        deadline = time.monotonic() + START_LIMIT
        while time.monotonic() < deadline and self.process.poll() is None:
            with socket.socket() as there:
                if there.connect_ex(("127.0.0.1", port)) == 0:
                    return ""
            time.sleep(0.05)
        self.stop()
        return "doesn't start"

    @property
    def log(self) -> Path:
        """Path of the file with the server's output."""
        place = target() / "features"
        place.mkdir(parents=True, exist_ok=True)
        return place / f"{self.name}.log"

    def fixture(self) -> "Server | None":
        """Returns the server that the framework publishes for the conformance suite; `None` if it publishes none."""
        if self.name not in ("ours", "pmcp"):
            return None
        return Server(f"{self.name}-fixture", self.label, self.crate, self.path)

    def command(self) -> list[str] | None:
        """Builds the server and returns its command without the address; `None` if the build fails."""
        if self.name == "fastmcp":
            return [sys.executable, str(HERE / "server.py")]
        if self.name == "ours-fixture":
            build = ["cargo", "build", "--quiet", "-p", "conformance-server"]
            if subprocess.run(build, cwd=ROOT, check=False).returncode:
                return None
            return self.served(target(ROOT) / "debug/conformance-server")
        if self.name == "pmcp-fixture":
            place = target() / "features/installed"
            example = "s54_v2_dual_conformance"
            build = ["cargo", "install", "--quiet", "--debug", "--locked", "--root", str(place), "--features", "full"]
            build += ["--example", example, "--version", self.version(), self.crate]
            if not (place / "bin" / example).exists() and subprocess.run(build, check=False).returncode:
                return None
            return [str(place / "bin" / example)]
        program = f"features-{self.name}"
        build = ["cargo", "build", "--quiet", "-p", "mcp-tool-features", "--features", self.name, "--bin", program]
        if subprocess.run(build, cwd=WORKSPACE, check=False).returncode:
            return None
        return self.served(target() / "debug" / program)

    def served(self, program: Path) -> list[str]:
        """Returns the command that starts a program. `start` appends the address to it."""
        records = str(self.log.with_suffix(".records"))
        arguments = ["serve", "--audit-file", records, "--http"] if self.name.startswith("ours") else []
        return [str(program)] + arguments

    def version(self) -> str:
        """Returns the version that the table shows; empty for our server."""
        if self.name == "fastmcp":
            return metadata.version("fastmcp")
        if self.crate is None:
            return ""
        return packages()[self.crate]

    def stop(self) -> None:
        """Stops the server."""
        if self.process is not None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


@functools.cache
def cargo_metadata(workspace: Path) -> dict:
    """Returns the Cargo metadata of a workspace."""
    command = ["cargo", "metadata", "--format-version", "1", "--all-features"]
    return json.loads(subprocess.run(command, cwd=workspace, check=True, capture_output=True).stdout)


def target(workspace: Path = WORKSPACE) -> Path:
    """Returns the target directory of a workspace."""
    return Path(cargo_metadata(workspace)["target_directory"])


def packages() -> dict[str, str]:
    """Returns the version of each crate by its name."""
    return {package["name"]: package["version"] for package in cargo_metadata(WORKSPACE)["packages"]}


SERVERS = [
    Server("ours", "ours"),
    Server(
        "rmcp",
        "rmcp",
        "rmcp",
        lacks={
            # Neither the router (handler/server/router/tool.rs) nor the service (service/tower.rs) has a hook around a
            # tool; only a handwritten `call_tool` can wrap calls.
            "layer": "handler/server/router/tool.rs, service/tower.rs",
        },
        notes=[
            "rmcp: the author of a server writes the code that handles tasks, seals `requestState`, sends change "
            "notifications and sends a question as a request or as a result; rmcp has parts for this code, and the "
            "probed server contains it. The author would also have to check whether a client requested logs or "
            "supports elicitation; the probed server doesn't check this."
        ],
    ),
    Server(
        "tower-mcp",
        "tower-mcp",
        "tower-mcp",
        notes=[
            "tower-mcp: measured with the feature `schema-validation`, which is off by default. The author of a server "
            "binds a `requestState` to its call and declares which tools need elicitation. The probed server doesn't "
            "set `stateless(…)` on its transport: with it, `subscriptions/listen` is refused with -32022."
        ],
    ),
    Server(
        "turbomcp",
        "turbomcp",
        "turbomcp",
        notes=[
            "turbomcp: a question has a `requestState` only if the author of the server stores a value in it. The "
            "probed server stores the argument, and compares it with the argument of the repeated call."
        ],
    ),
    Server(
        "pmcp",
        "pmcp",
        "pmcp",
        path="/",
        notes=[
            "pmcp: one kind of tool checks argument bounds (feature `validation`), another kind has an output schema; "
            "the probed server has tools of both. `by GET`: if the client opens the session's GET stream, all messages "
            "to the client use it, responses too. A client that doesn't open it gets no questions and no "
            "notifications. The function of a task isn't told that the task was cancelled."
        ],
    ),
    Server(
        "fastmcp",
        "FastMCP",
        unmeasured=("task", "task-cancel", "task-stop", "task-undeclared"),
        notes=[
            "FastMCP: it declares prompts, although the probed server has none. Tasks need a separate package, which "
            "has no release for the measured version in the registry. FastMCP 4.1.2 with that package runs and "
            "cancels tasks."
        ],
    ),
]
