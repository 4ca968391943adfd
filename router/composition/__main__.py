"""``python -m router.composition``: one JSON object of subgraphs per input line, one outcome per output line.

in   {"id": "1", "subgraphs": [{"name": "users", "sdl": "...", "url": "..."}]}
out  {"id": "1", "ok": true, "supergraph": "...", "hints": [...]}
out  {"id": "1", "ok": false, "errors": [{"code": "NO_QUERIES", "message": "..."}], "hints": [...]}
"""

from __future__ import annotations

import json
import sys
from typing import Any

from router.composition import SubgraphSource, compose


def outcome(request: dict[str, Any]) -> dict[str, Any]:
    """The answer to one request."""
    sources = [
        SubgraphSource(subgraph["name"], subgraph.get("url") or "", subgraph["sdl"])
        for subgraph in request["subgraphs"]
    ]
    result = compose(sources)
    answer: dict[str, Any] = {"id": request.get("id"), "ok": result.supergraph_sdl is not None}
    if result.supergraph_sdl is not None:
        answer["supergraph"] = result.supergraph_sdl
    else:
        answer["errors"] = [{"code": error.code, "message": error.message} for error in result.errors]
    answer["hints"] = [
        {"code": hint.code, "level": hint.level, "message": hint.message, "coordinate": hint.coordinate}
        for hint in result.hints
    ]
    return answer


def main() -> None:
    """Answer until the input ends."""
    for line in sys.stdin:
        if line.strip():
            print(json.dumps(outcome(json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
