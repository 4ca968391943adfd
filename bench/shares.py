"""Where a serving router spends its processor time, from samples of its stack.

    py-spy record --format raw --rate 500 --output samples.txt --pid PID    # while it is under load
    python bench/shares.py samples.txt [more.txt ...]

A sample counts for the innermost Python frame; C code, system calls included, counts for the Python function that
called it. So writing to a socket counts for the server's or the client's ``write``, reading from one for the loop.
"""

from __future__ import annotations

import argparse
import re
from collections import Counter
from pathlib import Path

PARTS = (
    (
        "answering the client: uvicorn, head and body in one write",
        r"uvicorn/|gateway/(http_protocol|stalled_writes|whole_answers)",
    ),
    ("event loop: reading sockets, waking tasks", r"asyncio/"),
    ("subgraph client: connections, writing, parsing heads", r"executor/transports/"),
    ("parsing answers (orjson)", r"executor/run\.py"),
    ("writing requests and the response (orjson)", r"executor/(request_bodies|context)\.py"),
    ("shaping the response", r"(object|items)\d+ \(<plan>|<listcomp> \(<plan>|executor/(executable|completion|leaves)"),
    ("finding entities, representations, merging", r"<plan>|executor/"),
    ("operation lookup, variables, stages", r"gateway/"),
)
ACCOUNTS = r"gateway/telemetry/|_tell |_entry |count_fetches"
OTHER = "the rest"


def part(frame: str) -> str:
    if re.search(ACCOUNTS, frame):
        return "metrics and access log"
    return next((name for name, pattern in PARTS if re.search(pattern, frame)), OTHER)


def shares(path: Path) -> Counter[str]:
    found: Counter[str] = Counter()
    for line in path.read_text().splitlines():
        stack, _, samples = line.rpartition(" ")
        found[part(stack.rpartition(";")[2])] += int(samples)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("samples", type=Path, nargs="+")
    options = parser.parse_args()
    columns = [shares(path) for path in options.samples]
    print(f"| | {' | '.join(path.stem for path in options.samples)} |\n|---|{'---:|' * len(columns)}")
    for name in [*(name for name, _ in PARTS), "metrics and access log", OTHER]:
        print(f"| {name} | {' | '.join(f'{found[name] / found.total():.0%}' for found in columns)} |")


if __name__ == "__main__":
    main()
