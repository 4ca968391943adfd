"""Readers of incremental delivery: they put the bits of an answer together, as clients do, and check the protocol."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from router.executor import RequestContext
from router.executor.incremental import IncrementalPlan, InitialResult
from router.gateway.incremental.messages import first_message, next_message

Json = dict[str, Any]


async def messages(plan: IncrementalPlan, context: RequestContext) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """What clients of the two formats read."""
    ids: list[dict[str, Any]] = []
    paths: list[dict[str, Any]] = []
    async for result in plan.execute(context):
        for found, is_paths in ((ids, False), (paths, True)):
            if isinstance(result, InitialResult):
                message: dict[str, Any] | None = first_message(result, paths=is_paths)
            else:
                message = next_message(result, paths=is_paths)
            if message is not None:
                found.append(orjson.loads(orjson.dumps(message)))
    return ids, paths


class Reassembled:
    """An answer put together: ``data`` and ``errors`` as one JSON document would have them."""

    def __init__(self, first: Mapping[str, Any]) -> None:
        self.data: Any = copy.deepcopy(first["data"])
        self.errors: list[Json] = list(first.get("errors", ()))
        self.failed: list[tuple[Any, ...]] = []
        """The paths of fragments that failed."""

    def merge(self, path: Iterable[str | int], data: Mapping[str, Any]) -> None:
        target = self.data
        for key in path:
            target = target[key]
        assert isinstance(target, dict), f"nothing at {list(path)}"
        _merge(target, copy.deepcopy(dict(data)))


def by_ids(messages: list[Json]) -> Reassembled:
    """Format v0.2: every id is announced before it is used, is used until it is completed, and is completed once."""
    first, *rest = messages
    whole = Reassembled(first)
    known: dict[str, Json] = {}
    ended: set[str] = set()
    _announce(known, ended, first)
    assert first["hasNext"] is bool(rest)
    for number, message in enumerate(rest, 1):
        assert message.keys() <= {"pending", "incremental", "completed", "hasNext"}
        _announce(known, ended, message)
        for one in message.get("incremental", ()):
            assert one["id"] in known
            path = (*known[one["id"]]["path"], *one.get("subPath", ()))
            whole.merge(path, one["data"])
            whole.errors += one.get("errors", ())
        for one in message.get("completed", ()):
            ended.add(one["id"])
            pending = known.pop(one["id"])
            if "errors" in one:
                assert one["errors"]
                whole.errors += one["errors"]
                whole.failed.append(tuple(pending["path"]))
        assert message["hasNext"] is (number < len(rest))
        assert bool(known) is message["hasNext"]
    return whole


def by_paths(messages: list[Json]) -> Reassembled:
    """Format 20220824: every message after the first has a patch."""
    first, *rest = messages
    whole = Reassembled(first)
    assert first.keys() <= {"data", "errors", "extensions", "hasNext"}
    assert first["hasNext"] is bool(rest)
    for number, message in enumerate(rest, 1):
        assert message.keys() == {"incremental", "hasNext"}
        assert message["incremental"]
        for one in message["incremental"]:
            whole.errors += one.get("errors", ())
            if one["data"] is None:
                assert one["errors"]
                whole.failed.append(tuple(one["path"]))
            else:
                whole.merge(one["path"], one["data"])
        assert message["hasNext"] is (number < len(rest))
    return whole


def _announce(known: dict[str, Json], ended: set[str], message: Json) -> None:
    for one in message.get("pending", ()):
        assert one["id"] not in known
        assert one["id"] not in ended
        known[one["id"]] = one


def _merge(into: Json, new: Json) -> None:
    """Nothing is delivered twice: where both sides have a key, both have objects, or lists of them, there."""
    for key, value in new.items():
        if key not in into:
            into[key] = value
        else:
            into[key] = _merged(into[key], value, key)


def _merged(old: Any, new: Any, key: str) -> Any:
    if isinstance(old, dict) and isinstance(new, dict):
        _merge(old, new)
        return old
    if isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        return [_merged(one, other, key) for one, other in zip(old, new, strict=True)]
    raise AssertionError(f"{key} is delivered twice")
