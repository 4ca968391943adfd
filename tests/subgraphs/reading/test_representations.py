"""Junk in representations that are sent straight to a subgraph: typed errors or null, each for itself (§3, §7.9).

Every entity of the exported schemas is asked for by every key, with junk in every place of its representation. The junk
stands in one list with whole representations: these must be answered as if they were alone.
"""

from __future__ import annotations

import copy
import logging
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import orjson
import pytest

from tests.authorization.asking import DENIALS
from tests.fixtures.rooms import RoomClient
from tests.subgraphs.reading.arguments import JUNK, places
from tests.subgraphs.reading.entities import Entity, entities_of, represented, without
from tests.subgraphs.reading.test_junk import FATAL

_NAMES = ["", "Query", "Money", "_Any", "__Type", "Nothing", "UserError", "OrderStatus", "String", "PublicProfile\x00"]


async def test_junk_in_representations(room: RoomClient, caplog: pytest.LogCaptureFixture) -> None:
    wrong, tried = [], 0
    for entity in entities_of(room.room.name):
        whole, caller = await represented(room, entity)
        for representation in whole:
            plain = await room.query(entity.document(), {"r": [representation]}, **caller)
            assert plain["_entities"][0]["__typename"] == entity.name, "this is no example"
            junk = list(_junk(entity, representation))
            tried += len(junk)
            for part in _parts(junk):
                asked = [representation, *part, representation]
                answer = await room.send(entity.document(), {"r": asked}, **caller)
                wrong += [(entity.name, each) for each in _wrong(answer, plain["_entities"][0], part)]
    assert wrong == []
    assert tried
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR] == []


async def test_a_representation_is_no_way_past_a_resolvers_arguments(room: RoomClient) -> None:
    """Fields of the type are handed on, nothing else: not the names that a resolver's own arguments have."""
    for entity in entities_of(room.room.name):
        [representation, *_], caller = await represented(room, entity)
        plain = await room.query(entity.document(), {"r": [representation]}, **caller)
        more = {**representation, "info": {}, "self": 1, "cls": 1, "_": 1, "representation": [], "": None}
        assert await room.query(entity.document(), {"r": [more]}, **caller) == plain, entity.name


def _junk(entity: Entity, representation: dict[str, Any]) -> list[Any]:
    changed = [_with(representation, path, junk) for path in places(representation) for junk in JUNK]
    names = [{**representation, "__typename": name} for name in _NAMES]
    nulls = [{**representation, **dict.fromkeys(key.split())} for key in entity.keys]
    unknown = {**representation, **{name: str(uuid4()) for name in entity.keys[0].split()[:1]}}
    whole = [each for each in JUNK if each is not None]  # the list's items are not null
    return [*changed, *names, *nulls, *without(representation), unknown, *whole, [representation]]


def _parts(junk: list[Any]) -> Iterator[list[Any]]:
    """Lists that fit into a request's body."""
    part: list[Any] = []
    size = 0
    for each in junk:
        more = len(orjson.dumps(each))
        if part and size + more > 1_800_000:
            yield part
            part, size = [], 0
        part.append(each)
        size += more
    yield part


def _with(representation: dict[str, Any], path: tuple[Any, ...], junk: Any) -> dict[str, Any]:
    changed = copy.deepcopy(representation)
    place: Any = changed
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = junk
    return changed


def _wrong(answer: dict[str, Any], plain: dict[str, Any], junk: list[Any]) -> list[Any]:
    """The junk that was not answered with a typed error or null, and neighbours that were not answered."""
    if not answer.get("data"):
        return [("all", answer)]
    first, last = answer["data"]["_entities"][0], answer["data"]["_entities"][-1]
    found: list[Any] = [("a neighbour", each) for each in (first, last) if each != plain]
    for error in answer.get("errors", ()):
        code, path = error["extensions"].get("code"), error.get("path", [])
        if code is None or code in FATAL | DENIALS or not 1 <= path[1] <= len(junk) or "reason" in error["extensions"]:
            found.append((str(junk[path[1] - 1])[:300], error))
    return found
