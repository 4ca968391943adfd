"""Junk in every argument of every query, subscription and field of all rooms: a typed answer, and nothing changed."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

import pytest

from subgraphs.auth.domain import SCOPES
from subgraphs.kernel.settings import ROOMS
from tests.authorization.asking import DENIALS
from tests.authorization.schemas import fields_of
from tests.authorization.specimens import ENTITIES, QUERIED, REQUIRED, specimen
from tests.authorization.test_matrix import contents
from tests.fixtures.rooms import RoomClient
from tests.subgraphs.reading.arguments import JUNK, Asked, asked_of, forged, places
from tests.subgraphs.streams import following

FATAL = {"INTERNAL_SERVER_ERROR", "SERVICE_UNAVAILABLE", "CONSTRAINT_VIOLATED"}
"""The last is typed, but only the database noticed: which input it was is not told."""
SUBSCRIBED = sorted({room for room in ROOMS for key in fields_of(room) if key.startswith("Subscription.")})


async def test_junk_in_what_is_read(room: RoomClient) -> None:
    name = room.room.name
    before, wrong, tried = await contents(room), [], 0
    for asked in asked_of(name):
        if asked.coordinate.startswith("Subscription."):
            continue
        document, fixed, who = await reach(room, asked)
        plain = await room.send(document, fixed | asked.values, **who)
        assert "errors" not in plain, (asked.coordinate, plain)
        for where, values in _junk(asked, _cursors(plain["data"])):
            answer = await room.send(document, fixed | values, **who)
            tried += 1
            if _bad(answer):
                wrong.append((asked.coordinate, where, str(answer["errors"])[:300]))
    assert wrong == []
    assert tried
    assert await contents(room) == before


@pytest.mark.parametrize("room", SUBSCRIBED, indirect=True)
async def test_junk_in_what_is_followed(room: RoomClient) -> None:
    before, wrong = await contents(room), []
    for asked in asked_of(room.room.name):
        if not asked.coordinate.startswith("Subscription."):
            continue
        document = f"subscription({asked.declared}) {{ {asked.text} }}"
        for where, values in _junk(asked, []):
            async with following(room, document, values, as_user=UUID(_NOBODY), scopes=SCOPES) as events:
                if not events.silent and _bad(answer := await events.answer()):
                    wrong.append((asked.coordinate, where, str(answer["errors"])[:300]))
    assert wrong == []
    assert await contents(room) == before


_NOBODY = str(UUID(int=7))


async def reach(room: RoomClient, asked: Asked) -> tuple[str, dict[str, Any], dict[str, Any]]:
    """The operation that reaches the field, its variables beside the arguments, and a caller who may all."""
    type_name = asked.coordinate.partition(".")[0]
    if type_name == "Query":
        entity = QUERIED.get(asked.coordinate)
        found = await specimen(room, ENTITIES[room.room.name, entity]) if entity else {"owner": None}
        who = {"as_user": UUID(found["owner"] or _NOBODY), "scopes": SCOPES}
        return f"query({asked.declared}) {{ {asked.text} }}", {}, who
    found = await specimen(room, ENTITIES[room.room.name, type_name])
    owner = found.pop("owner")
    representation = {"__typename": type_name, **found, **REQUIRED.get((room.room.name, type_name), {})}
    document = (
        f"query($r: [_Any!]!, {asked.declared}) "
        f"{{ _entities(representations: $r) {{ ... on {type_name} {{ {asked.text} }} }} }}"
    )
    return document, {"r": [representation]}, {"as_user": UUID(owner or _NOBODY), "scopes": SCOPES}


def _junk(asked: Asked, cursors: list[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Where something else stands, and the arguments with it."""
    for path in places(asked.values):
        for junk in JUNK:
            yield f"{path} {str(junk)[:40]!r}", _with(asked.values, path, junk)
    for key in {"after", "before"} & set(asked.values):
        for cursor in cursors:
            for other in forged(cursor):
                yield f"{key} {other[:200]}", {**asked.values, key: other}


def _with(value: Mapping[str, Any], path: tuple[Any, ...], junk: Any) -> dict[str, Any]:
    changed = copy.deepcopy(dict(value))
    place: Any = changed
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = junk
    return changed


def _bad(answer: dict[str, Any]) -> bool:
    codes = {(error.get("extensions") or {}).get("code") for error in answer.get("errors", ())}
    return None in codes or bool(codes & (FATAL | DENIALS))


def _cursors(value: Any) -> list[str]:
    """The cursors in an answer."""
    if isinstance(value, list):
        return [cursor for each in value for cursor in _cursors(each)][:1]
    if not isinstance(value, dict):
        return []
    own = [each for key, each in value.items() if key in ("cursor", "endCursor") and each]
    return (own or [cursor for each in value.values() for cursor in _cursors(each)])[:1]


@pytest.mark.parametrize(
    ("room", "field", "filter_", "path"),
    [
        ("auth", "users", {"emailPrefix": "a\x00"}, ["filter", "emailPrefix"]),
        ("product", "products", {"category": "\x00"}, ["filter", "category"]),
        ("product", "products", {"currency": "\x00"}, ["filter", "currency"]),
        ("product", "products", {"specs": [{"key": "\x00", "anyOf": []}]}, ["filter", "specs", "key"]),
        ("product", "products", {"specs": [{"key": "k", "anyOf": ["\x00"]}]}, ["filter", "specs", "anyOf"]),
        ("product", "products", {"category": "x" * 501}, ["filter", "category"]),
        ("product", "products", {"ids": ["x"] * 251}, ["filter", "ids"]),
        ("order", "orders", {"search": "ORD\x00"}, ["filter", "search"]),
        ("order", "orders", {"status": ["PENDING"] * 251}, ["filter", "status"]),
        ("payment", "payments", {"status": ["COMPLETED"] * 251}, ["filter", "status"]),
    ],
    indirect=["room"],
)
async def test_a_refused_filter_is_told_by_its_input_path(
    room: RoomClient, field: str, filter_: dict[str, Any], path: list[str]
) -> None:
    type_ = fields_of(room.room.name)[f"Query.{field}"].args["filter"].type
    document = f"query($f: {type_}) {{ {field}(filter: $f) {{ pageInfo {{ endCursor }} }} }}"
    answer = await room.send(document, {"f": filter_}, as_user=UUID(_NOBODY), scopes=SCOPES)
    [error] = answer["errors"]
    assert error["extensions"]["inputPath"] == path
    assert error["extensions"]["code"] in ("FILTER_TEXT_INVALID", "FILTER_TOO_LARGE")
