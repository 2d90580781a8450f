"""Probes servers for each feature of the protocol and prints the results as a table.

    python probe.py [SERVER …]

Each server is built or installed, started on loopback, and probed by plain HTTP. In 2025-11-25 the client opens a
session with `initialize`; in 2026-07-28 it has no session and sends `_meta`. A cell contains only the observation:
`yes`, `no`, or a word for another response. `no API` means that the author of a server cannot use the feature;
servers.py names the sources for this.
"""

import sys
from collections.abc import Callable

from rows import ROWS
from servers import SERVERS, Server
from wire import Closed


def fill(server: Server, key: str, ask: Callable[[Server], str]) -> str:
    """Returns one cell of the table: the observation of the probe `ask`, `no API` or `–`."""
    if key in server.lacks:
        return "no API"
    if key in server.unmeasured:
        return "–"
    try:
        return ask(server)
    except Closed as closed:
        return f"{closed}"


def main() -> None:
    """Builds and probes the servers, and prints the table and the notes."""
    chosen = [server for server in SERVERS if not sys.argv[1:] or server.name in sys.argv[1:]]
    columns = []
    for server in chosen:
        trouble = server.start()
        cells = ["not built"] * len(ROWS) if trouble else [fill(server, key, ask) for key, _, ask in ROWS]
        server.stop()
        columns.append((" ".join(filter(None, [server.label, server.version(), trouble])), cells))
        print(f"{server.name}: probed", file=sys.stderr)
    print("| | " + " | ".join(title for title, _ in columns) + " |")
    print("|---" * (len(columns) + 1) + "|")
    for number, (_, title, _) in enumerate(ROWS):
        print(f"| {title} | " + " | ".join(cells[number] for _, cells in columns) + " |")
    notes = [note for server in chosen for note in server.notes]
    if notes:
        print("\n" + "\n".join(f"- {note}" for note in notes))


if __name__ == "__main__":
    main()
