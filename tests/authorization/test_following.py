"""Every subscription of every subgraph, followed directly by everybody: who may begin, what each event tells whom."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from typing import Any
from uuid import UUID

import orjson
import pytest

from subgraphs.kernel.events import Event, stream_name
from subgraphs.kernel.settings import ROOMS
from tests.authorization.asking import denied, parts
from tests.authorization.rules import NOT_PROBED, Caller, allows, callers, rules_of
from tests.authorization.schemas import fields_of, schema_of
from tests.authorization.specimens import ARGUMENTS, ENTITIES, FOLLOWED, Followed, filled, specimen
from tests.fixtures.rooms import RoomClient
from tests.subgraphs.streams import following

_REFUSED = {"NOT_FOUND"}
"""How a person is refused what they could not know of."""

SUBSCRIPTIONS = [
    (room, coordinate.partition(".")[2])
    for room in ROOMS
    for coordinate in fields_of(room)
    if coordinate.startswith("Subscription.")
]


def test_every_subscription_can_be_followed() -> None:
    assert sorted(FOLLOWED) == sorted(name for _, name in SUBSCRIPTIONS)


@pytest.mark.parametrize(("room", "name"), SUBSCRIPTIONS, indirect=["room"])
async def test_who_may_begin(room: RoomClient, name: str) -> None:
    followed, rule = FOLLOWED[name], rules_of(room.room.name)[f"Subscription.{name}"]
    found = await specimen(room, ENTITIES[room.room.name, followed.entity])
    wrong = []
    for caller in callers(_owner(found)):
        async with _follow(room, name, "__typename", found, caller) as events:
            if allows(rule, caller):
                if not events.silent:
                    wrong.append((caller.name, await events.answer()))
            elif not _refusal(answer := await events.answer()):
                wrong.append((caller.name, answer))
    assert wrong == []


@pytest.mark.parametrize(("room", "name"), SUBSCRIPTIONS, indirect=["room"])
async def test_what_each_event_tells(room: RoomClient, name: str) -> None:
    """Every field of the object to who may see it, at the first event and the next; to others nothing of it."""
    subgraph, followed = room.room.name, FOLLOWED[name]
    rules, wrong, told = rules_of(subgraph), [], 0
    found = await specimen(room, ENTITIES[subgraph, followed.entity])
    admitted = [each for each in callers(_owner(found)) if allows(rules[f"Subscription.{name}"], each)]
    for coordinate in _probed(subgraph, followed.entity):
        inner = _inner(subgraph, coordinate)
        async with AsyncExitStack() as stack:
            heard = {
                each.name: (each, await stack.enter_async_context(_follow(room, name, inner, found, each)))
                for each in admitted
            }
            concerned = [events for caller, events in heard.values() if _concerned(followed, caller)]
            async with asyncio.timeout(60):
                while any(events.silent for events in concerned):  # what changes while it begins is no news
                    await _happen(room, followed, found)
                    await asyncio.sleep(0.05)
            for _ in range(2):
                await _happen(room, followed, found)
                for caller, events in heard.values():
                    if not _concerned(followed, caller):
                        continue
                    answer = await events.answer()
                    value = (answer.get("data") or {}).get(name)
                    reached = value is not None and not denied(answer)
                    withheld = value is None or value[_name(coordinate)] is None
                    told += reached
                    if reached != allows(rules[coordinate], caller) or not (reached or withheld):
                        wrong.append((coordinate, rules[coordinate], caller.name, answer))
            wrong += [
                (coordinate, caller.name, await events.answer())
                for caller, events in heard.values()
                if not _concerned(followed, caller) and not events.silent
            ]
    assert wrong == []
    assert told


def _concerned(followed: Followed, caller: Caller) -> bool:
    """Whether the object is among what the caller follows: without an argument everybody follows what is theirs."""
    return bool(followed.passed) or caller.name == "owner"


def _probed(subgraph: str, entity: str) -> list[str]:
    rules = rules_of(subgraph)
    return [key for key in fields_of(subgraph) if key.startswith(f"{entity}.") and rules[key] not in NOT_PROBED]


def _inner(subgraph: str, coordinate: str) -> str:
    field = fields_of(subgraph)[coordinate]
    return f"{_name(coordinate)}{ARGUMENTS.get(coordinate, '')}{parts(field, schema_of(subgraph), rules_of(subgraph))}"


def _name(coordinate: str) -> str:
    return coordinate.partition(".")[2]


def _owner(found: dict[str, Any]) -> UUID | None:
    return None if found["owner"] is None else UUID(found["owner"])


def _follow(room: RoomClient, name: str, inner: str, found: dict[str, Any], caller: Caller) -> Any:
    followed = FOLLOWED[name]
    operation = f"subscription{followed.declared} {{ {name}{followed.passed} {{ {inner} }} }}"
    return following(room, operation, {"id": found["id"]} if followed.declared else {}, **caller.identity)


def _refusal(answer: dict[str, Any]) -> bool:
    codes = {(error.get("extensions") or {}).get("code") for error in answer.get("errors", ())}
    return not answer.get("data") and (denied(answer) or bool(codes & _REFUSED))


async def _happen(room: RoomClient, followed: Followed, found: dict[str, Any]) -> None:
    if followed.change:
        await room.room.database.execute(followed.change, UUID(found["id"]))
    event = Event(followed.event, f"{followed.entity}:{found['id']}", filled(followed.payload, found))
    assert room.room.redis is not None
    await room.room.redis.xadd(stream_name(room.room.name), {"event": orjson.dumps(event.to_json())})
