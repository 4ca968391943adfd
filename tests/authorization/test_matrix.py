"""Every field and mutation of every subgraph, asked directly by everybody: the stated rule holds (shop.md §7.9).

The demo shop's rows stand in the databases. A subgraph is asked as the router would ask it, ``_entities`` with someone
else's keys included; the router adds its own checks in front, which the tests of the whole shop look at.
"""

from __future__ import annotations

import pytest

from subgraphs.kernel.settings import ROOMS
from tests.authorization.asking import call, denied, parts, parts_below
from tests.authorization.rules import NOT_PROBED, STATED, allows, callers, rules_of
from tests.authorization.schemas import fields_of, schema_of
from tests.authorization.specimens import ARGUMENTS, ENTITIES, QUERIED, REQUIRED, SUBJECTS, filled, specimen
from tests.fixtures.rooms import RoomClient


@pytest.mark.parametrize("room", ROOMS)
def test_every_field_has_a_rule(room: str) -> None:
    assert sorted(fields_of(room)) == sorted(
        coordinate for coordinate in rules_of(room) if coordinate.partition(".")[0] in schema_of(room).type_map
    )


@pytest.mark.parametrize("room", ROOMS)
def test_parts_are_reached_through_a_field_with_a_rule_alone(room: str) -> None:
    """No key enters a value, so what holds for its holder holds for its parts; and each is below such a field."""
    rules, schema = rules_of(room), schema_of(room)
    of_values = {key for key in fields_of(room) if rules[key] == "part"}
    entered = {type_.name for type_ in schema.type_map["_Entity"].types}  # type: ignore[attr-defined]
    assert {key.partition(".")[0] for key in of_values}.isdisjoint(entered)
    holders = [field for key, field in fields_of(room).items() if rules[key] not in NOT_PROBED]
    below = set[str]().union(*(parts_below(field, schema, rules) for field in holders))
    assert {key for key in of_values - below if key.partition(".")[0] not in STATED["shared"]} == set()


async def contents(room: RoomClient) -> list[str]:
    """A checksum of every table."""
    database = room.room.database
    tables = await database.fetch(
        "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY relname"
    )
    checksum = "SELECT md5(coalesce(string_agg(t::text, '' ORDER BY t::text), '')) FROM"
    return [f"{row[0]} {await database.fetch_value(f'{checksum} {row[0]} t')}" for row in tables]


async def test_entities(room: RoomClient) -> None:
    """What its owner reads of an object, others read exactly as the rule says, even with its key in their hands."""
    name = room.room.name
    rules, fields, wrong, asked = rules_of(name), fields_of(name), [], 0
    for type_name in [type_ for subgraph, type_ in ENTITIES if subgraph == name]:
        found = await specimen(room, ENTITIES[name, type_name])
        owner = found.pop("owner")
        representation = {"__typename": type_name, **found, **REQUIRED.get((name, type_name), {})}
        for coordinate, field in fields.items():
            rule = rules[coordinate]
            if not coordinate.startswith(f"{type_name}.") or rule in NOT_PROBED:
                continue
            field_name = coordinate.partition(".")[2]
            operation = _entity(
                type_name, field_name + ARGUMENTS.get(coordinate, "") + parts(field, schema_of(name), rules)
            )
            empty = False
            for caller in callers(owner):
                answer = await room.send(operation, {"r": [representation]}, **caller.identity)
                [entity] = (answer["data"] or {}).get("_entities", [None])
                value = None if entity is None else entity[field_name]
                if entity is not None and (caller.name == "owner" or not rule.startswith("owner")):
                    empty = value is None
                reached = not denied(answer) and entity is not None and (value is not None or empty)
                asked += 1
                if reached != allows(rule, caller):
                    wrong.append((coordinate, rule, caller.name, answer))
    assert wrong == []
    assert asked


async def test_queries(room: RoomClient) -> None:
    name = room.room.name
    wrong = []
    for coordinate, rule in rules_of(name).items():
        type_name, _, query = coordinate.partition(".")
        if type_name != "Query":
            continue
        found = await specimen(room, ENTITIES[name, QUERIED[coordinate]]) if coordinate in QUERIED else {"owner": None}
        inner = parts(fields_of(name)[coordinate], schema_of(name), rules_of(name))
        operation = f"{query}{ARGUMENTS.get(coordinate, '')}{inner}"
        operation = f"query($id: ID!) {{ {operation} }}" if "$id" in operation else f"{{ {operation} }}"
        for caller in callers(found["owner"]):
            answer = await room.send(operation, {"id": found.get("id")}, **caller.identity)
            reached = not denied(answer) and (not rule.startswith("owner") or bool(answer["data"][query]))
            if reached != allows(rule, caller):
                wrong.append((coordinate, rule, caller.name, answer))
    assert wrong == []


async def test_mutations_are_refused_before_anything_happens(room: RoomClient) -> None:
    name = room.room.name
    before, wrong = await contents(room), []
    for coordinate, rule in rules_of(name).items():
        type_name, _, mutation = coordinate.partition(".")
        if type_name != "Mutation" or rule == "public":
            continue
        operation, variables = call(mutation, fields_of(name)[coordinate])
        for caller in callers():
            if not allows(rule, caller):
                answer = await room.send(operation, variables, **caller.identity)
                if not denied(answer) or (answer.get("data") or {}).get(mutation) is not None:
                    wrong.append((coordinate, rule, caller.name, answer))
    assert wrong == []
    assert await contents(room) == before


async def test_nobody_acts_on_what_is_someone_elses(room: RoomClient) -> None:
    name = room.room.name
    subjects = {
        key: (each, await specimen(room, each.statement)) for key, each in SUBJECTS.items() if each.room == name
    }
    before, wrong = await contents(room), []
    for mutation, (subject, found) in subjects.items():
        field = fields_of(name)[f"Mutation.{mutation}"]
        own = {"id" if "id" in field.args else "orderId": found["id"]}
        operation, variables = call(mutation, field, own | filled(subject.arguments, found))
        operation = operation.replace("{ __typename }", "{ errors { code } }")
        for caller in callers():
            if subject.staff not in caller.scopes:
                answer = await room.send(operation, variables, **caller.identity)
                payload = (answer.get("data") or {}).get(mutation)
                if not denied(answer) and not (payload and payload["errors"]):
                    wrong.append((mutation, caller.name, answer))
    assert wrong == []
    assert await contents(room) == before


def _entity(type_name: str, inner: str) -> str:
    return f"query($r: [_Any!]!) {{ _entities(representations: $r) {{ ... on {type_name} {{ __typename {inner} }} }} }}"
