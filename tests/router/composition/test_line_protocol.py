"""``python -m router.composition`` answers one line per line."""

from __future__ import annotations

import json
import subprocess
import sys


def test_one_answer_per_request() -> None:
    requests = [
        {"id": "1", "subgraphs": [{"name": "books", "sdl": "type Query { a: Int }", "url": "http://books"}]},
        {"id": "2", "subgraphs": [{"name": "books", "sdl": "type Book { a: Int }"}]},
    ]
    done = subprocess.run(
        [sys.executable, "-m", "router.composition"],
        input="".join(json.dumps(request) + "\n" for request in requests),
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    first, second = (json.loads(line) for line in done.stdout.splitlines())
    assert first["id"] == "1"
    assert first["ok"]
    assert '@join__graph(name: "books", url: "http://books")' in first["supergraph"]
    assert second["id"] == "2"
    assert not second["ok"]
    assert [error["code"] for error in second["errors"]] == ["NO_QUERIES"]
