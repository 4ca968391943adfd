"""Faults: what goes wrong with a request to a subgraph, decided by the request itself so that order changes nothing."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any
from zlib import crc32

import orjson

from router.executor import SubgraphResponse, SubgraphTimeout, SubgraphUnreachable

__all__ = ["WRONG_LEAF", "Fault", "Faults"]

WHOLE = ("status", "status_with_body", "timeout", "unreachable", "not_json", "truncated", "null_data", "empty", "shape")
"""The whole answer is lost."""
PARTIAL = ("field_errors", "field_errors", "field_errors", "wrong_leaf", "null_entity", "wrong_entity", "missing_key")
"""Something in a good answer is spoiled."""
WRONG_LEAF = {"no": "leaf"}
"""What stands in place of a leaf. It is no value of any type but a custom scalar."""


@dataclass(frozen=True)
class Faults:
    """``rate`` of the requests have a fault."""

    seed: int
    rate: float

    def of(self, subgraph: str, body: bytes) -> Fault | None:
        """What is wrong with one request; None when it is answered well."""
        pick = random.Random(crc32(subgraph.encode() + body, self.seed))  # noqa: S311 - seeded examples
        if pick.random() >= self.rate:
            return None
        return Fault(pick.choice(WHOLE) if pick.random() < 0.5 else pick.choice(PARTIAL), pick)


@dataclass(frozen=True)
class Fault:
    """One fault; ``pick`` decides where in the answer it is."""

    kind: str
    pick: random.Random

    @property
    def whole(self) -> bool:
        """Whether nothing of the answer is left."""
        return self.kind in WHOLE

    def fails(self) -> bool:
        """Whether the resolver that asks raises an error."""
        return self.kind == "field_errors" and self.pick.random() < 0.15

    def replace(self, good: bytes) -> SubgraphResponse:
        """The lost answer, or the error of the transport, raised."""
        match self.kind:
            case "status":
                return SubgraphResponse(500, "text/plain", b"Internal Server Error")
            case "status_with_body":
                body = {"data": None, "errors": [{"message": "overloaded"}]}
                return SubgraphResponse(503, "application/json", orjson.dumps(body))
            case "timeout":
                raise SubgraphTimeout("no answer within 1 s")
            case "unreachable":
                raise SubgraphUnreachable("connection refused")
            case "not_json":
                return SubgraphResponse(200, "text/html", b"<html>")
            case "truncated":
                return SubgraphResponse(200, "application/json", good[: self.pick.randrange(len(good))])
            case "null_data":
                return SubgraphResponse(200, "application/json", b'{"data":null,"errors":[{"message":"no"}]}')
            case "empty":
                return SubgraphResponse(200, "application/json", b"{}")
        return SubgraphResponse(200, "application/json", b'{"data":[1,2]}')

    def spoil(self, data: dict[str, Any], *, entities: bool) -> list[tuple[str | int, ...]]:
        """Spoil a place in good data, which may be of ``entities``; the places, as paths in it."""
        places = list(_places(data, (), self.kind, entities=entities))
        if not places:
            return []
        path = self.pick.choice(places)
        at: Any = data
        for element in path[:-1]:
            at = at[element]
        match self.kind:
            case "null_entity":
                at[path[-1]] = None
            case "wrong_entity":
                at[path[-1]] = 5
            case "missing_key":
                del at[path[-1]]
            case _:
                at[path[-1]] = dict(WRONG_LEAF)
        return [path]


def _places(value: Any, path: tuple[str | int, ...], kind: str, *, entities: bool) -> Any:
    """Where a fault of a kind may be. ``__typename`` is spared: an object of another type is another world."""
    if kind in ("null_entity", "wrong_entity"):
        if entities and len(path) == 2 and value is not None:
            yield path
    elif path and isinstance(path[-1], str) and path[-1] != "__typename":
        leaf = not isinstance(value, dict | list) and value is not None
        if leaf or kind == "missing_key":
            yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield from _places(inner, (*path, key), kind, entities=entities)
