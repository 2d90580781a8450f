"""The official MCP conformance suite, as `npm install` in tests/clients installs it."""

import re
import subprocess
import tempfile

from servers import ROOT, Server

CLIENTS, SUITE = ROOT / "tests/clients/node_modules", "@modelcontextprotocol/conformance"
# Lines of the suite's output: a scenario with its counts, and a scenario that the revision doesn't require (unscored).
COUNTED = re.compile(r"^[✓✗] (\S+): (\d+) passed, (\d+) failed$", re.MULTILINE)
UNSCORED = re.compile(r"^ +[✓✗] (\S+) \(", re.MULTILINE)


def passed(server: Server, revision: str) -> str:
    """Returns the passed checks of the required and of the unscored scenarios, such as `68 of 69; 3 of 5`.

    Returns `–` if the framework publishes no fixture, that is, no server for the suite.
    """
    if (fixture := server.fixture()) is None:
        return "–"
    if trouble := fixture.start():
        return trouble
    command = [CLIENTS / ".bin/node", CLIENTS / SUITE / "dist/index.js", "server", "--url", fixture.url]
    command += ["--requirements", revision]
    with tempfile.TemporaryDirectory() as results:
        run = subprocess.run(command, cwd=results, check=False, capture_output=True, text=True, timeout=600)
    fixture.stop()
    summary, _, more = run.stdout.partition("\nNot scored")
    unscored = set(UNSCORED.findall(more))
    counts = {True: [0, 0], False: [0, 0]}
    for scenario, good, bad in COUNTED.findall(summary):
        counted = counts[scenario not in unscored]
        counted[0] += int(good)
        counted[1] += int(good) + int(bad)
    if not counts[True][1]:
        return "no result"
    return "; ".join("{} of {}".format(*counts[is_required]) for is_required in (True, False))
