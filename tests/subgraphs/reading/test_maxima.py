"""Every list has a maximum (S-118): pages by their ``first``, all others by what is stated in ``maxima``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from graphql import (
    GraphQLID,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLObjectType,
    GraphQLString,
    get_named_type,
    get_nullable_type,
)

from subgraphs.auth.domain import SCOPES
from subgraphs.kernel.pagination import MAX_FIRST, MAX_FIRST_STAFF
from subgraphs.kernel.settings import ROOMS
from tests.authorization.asking import sample
from tests.authorization.schemas import fields_of, schema_of
from tests.fixtures.rooms import RoomClient
from tests.subgraphs.reading.arguments import asked_of
from tests.subgraphs.reading.maxima import ANSWERED, GIVEN
from tests.subgraphs.reading.test_junk import reach
from tests.subgraphs.streams import following

_OF_AN_INPUT = {"errors", "path"}
"""At most one error per part of an input, whose lists have maxima; and the way to that part."""
_PAGED = {"edges", "nodes"}
_BETWEEN_ROUTER_AND_ROOM = {"Query._entities(representations)"}
"""Not a client's: as many as the router found in answers, which are lists with maxima, and in two megabytes."""

_FITTING = {"TemplateInput": {"name": "order.confirmed.email", "type": "EMAIL"}}
"""Of inputs whose parts must fit each other."""


def _is_list(type_: Any) -> bool:
    return isinstance(get_nullable_type(type_), GraphQLList)


def _answered(room: str) -> Iterator[str]:
    """Lists in answers that must be stated."""
    for coordinate, field in fields_of(room).items():
        holder, _, name = coordinate.partition(".")
        if not _is_list(field.type) or "first" in field.args or name in _OF_AN_INPUT:
            continue
        if not (holder.endswith("Connection") and name in _PAGED):
            yield coordinate


def _given(room: str) -> Iterator[str]:
    """Lists in arguments and input fields."""
    for type_ in schema_of(room).type_map.values():
        if isinstance(type_, GraphQLInputObjectType):
            yield from (f"{type_.name}.{name}" for name, each in type_.fields.items() if _is_list(each.type))
        elif isinstance(type_, GraphQLObjectType) and not type_.name.startswith("__"):
            for name, field in type_.fields.items():
                yield from (f"{type_.name}.{name}({key})" for key, each in field.args.items() if _is_list(each.type))


def test_no_list_is_without_a_maximum() -> None:
    answered = {coordinate for room in ROOMS for coordinate in _answered(room)}
    assert sorted(answered) == sorted(ANSWERED)
    given = {coordinate for room in ROOMS for coordinate in _given(room)} - _BETWEEN_ROUTER_AND_ROOM
    assert sorted(given) == sorted(GIVEN)
    assert min(*ANSWERED.values(), *GIVEN.values()) > 0


@pytest.mark.parametrize("room_name", ROOMS)
def test_a_connection_is_reached_by_a_page_alone(room_name: str) -> None:
    connections = {
        coordinate: field
        for coordinate, field in fields_of(room_name).items()
        if get_named_type(field.type).name.endswith("Connection")
    }
    assert [key for key, field in connections.items() if not {"first", "after"} <= set(field.args)] == []


async def test_pages_have_a_maximum(room: RoomClient) -> None:
    """Staff's maximum is served and one more is refused, and so everybody's."""
    wrong = []
    for asked in asked_of(room.room.name):
        for key in {"first", "last"} & set(asked.values):
            document, fixed, who = await reach(room, asked)
            persons = {**who, "scopes": []}
            tries = [(who, size, size in range(1, MAX_FIRST_STAFF + 1)) for size in (0, -1, 1, 250, 251, 100_000)]
            tries += [(persons, size, False) for size in (0, MAX_FIRST + 1, MAX_FIRST_STAFF)]
            for caller, size, served in tries:
                answer = await room.send(document, fixed | asked.values | {key: size}, **caller)
                errors = answer.get("errors", [])
                codes = {error["extensions"]["code"] for error in errors}
                if caller is persons and codes & {"FORBIDDEN", "UNAUTHENTICATED"}:
                    continue  # a list for staff
                paths = [error["extensions"].get("inputPath") for error in errors]
                if served != (not errors) or (errors and (codes, paths) != ({"PAGE_SIZE_OUT_OF_RANGE"}, [[key]])):
                    wrong.append((asked.coordinate, caller["scopes"] == [], key, size, answer))
    assert wrong == []


async def test_lists_that_are_given_have_a_maximum(room: RoomClient) -> None:
    """One value more than the maximum is refused by a code that the maximum itself is not refused with."""
    name, wrong = room.room.name, []
    for coordinate in set(_given(name)) - _BETWEEN_ROUTER_AND_ROOM:
        uses = list(_uses(name, coordinate))
        assert uses, coordinate
        for document, variables, type_, place in uses:
            codes = []
            for count in (GIVEN[coordinate], GIVEN[coordinate] + 1):
                values = variables | {place[0]: _filled(type_, place[1:], count)}
                codes.append(await _codes(room, document, values, service=coordinate.endswith("(lines)")))
            if not codes[1] - codes[0]:
                wrong.append((coordinate, document, codes))
    assert wrong == []


def _uses(room: str, coordinate: str) -> Iterator[tuple[str, dict[str, Any], Any, tuple[str, ...]]]:
    """Operations with the list in an argument: document, variables, that argument's type, the list's place."""
    for root in ("Query", "Mutation", "Subscription"):
        type_ = schema_of(room).type_map.get(root)
        for name, field in type_.fields.items() if isinstance(type_, GraphQLObjectType) else ():
            for key, argument in field.args.items():
                for place in _places(f"{root}.{name}({key})", argument.type, coordinate, (key,)):
                    values = {each: sample(of.type) for each, of in field.args.items() if _required(of) or each == key}
                    declared = ", ".join(f"${each}: {field.args[each].type}" for each in values)
                    passed = ", ".join(f"{each}: ${each}" for each in values)
                    inner = "errors { code }" if get_named_type(field.type).name.endswith("Payload") else "__typename"
                    yield (
                        f"{root.lower()}({declared}) {{ {name}({passed}) {{ {inner} }} }}",
                        values,
                        argument.type,
                        place,
                    )


def _places(at: str, type_: Any, wanted: str, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    if at == wanted:
        yield path
    named = get_named_type(type_)
    if isinstance(named, GraphQLInputObjectType):
        for name, each in named.fields.items():
            yield from _places(f"{named.name}.{name}", each.type, wanted, (*path, name))


def _required(argument: Any) -> bool:
    return str(argument.type).endswith("!")


def _filled(type_: Any, place: tuple[str, ...], count: int) -> Any:
    """A sample with so many different values at the place."""
    inner = get_nullable_type(type_)
    if not place:
        return [_numbered(sample(inner.of_type), number) for number in range(1, count + 1)]
    if isinstance(inner, GraphQLList):
        return [_filled(inner.of_type, place, count)]
    return (
        sample(inner)
        | _FITTING.get(inner.name, {})
        | {place[0]: _filled(inner.fields[place[0]].type, place[1:], count)}
    )


def _numbered(value: Any, number: int) -> Any:
    if isinstance(value, dict):
        return {key: _numbered(each, number) for key, each in value.items()}
    if value == sample(GraphQLString):
        return f"{value}{number}"
    return str(UUID(int=number)) if value == sample(GraphQLID) else value


async def _codes(room: RoomClient, document: str, values: dict[str, Any], *, service: bool) -> set[str]:
    if document.startswith("subscription"):
        async with following(room, document, values, as_user=UUID(int=7), scopes=SCOPES) as events:
            answer = {} if events.silent else await events.answer()
    else:
        who: dict[str, Any] = {"as_service": "order"} if service else {"as_user": UUID(int=7), "scopes": SCOPES}
        answer = await room.send(document, values, **who)
    found = {error["extensions"]["code"] for error in answer.get("errors", ())}
    for payload in (answer.get("data") or {}).values():
        found |= {error["code"] for error in (payload or {}).get("errors", ())}
    return found
