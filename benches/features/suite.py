"""The protocol's official conformance suite, as it is installed for the tests."""

import json
import subprocess
import tempfile
from pathlib import Path

from servers import ROOT, Server

CLIENTS, SUITE = ROOT / "tests/clients/node_modules", "@modelcontextprotocol/conformance"


def passed(server: Server, revision: str) -> str:
    """How many checks of the official suite pass, of what a revision requires."""
    if (fixture := server.fixture()) is None:
        return "–"
    if trouble := fixture.start():
        return trouble
    try:
        with tempfile.TemporaryDirectory() as results:
            command = [CLIENTS / ".bin/node", CLIENTS / SUITE / "dist/index.js", "server", "--url", fixture.url]
            command += ["--requirements", revision, "--output-dir", results]
            subprocess.run(command, check=False, capture_output=True, timeout=600)
            checks = [check for file in Path(results).glob("*/checks.json") for check in json.loads(file.read_text())]
    finally:
        fixture.stop()
    good, bad = (sum(check["status"] == status for check in checks) for status in ("SUCCESS", "FAILURE"))
    return f"{good} of {good + bad}"
