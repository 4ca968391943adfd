"""Every field and mutation of every subgraph, asked directly by everybody: the stated rule holds (shop.md §7.9).

The demo shop's rows stand in the databases. A subgraph is asked as the router would ask it, ``_entities`` with someone
else's keys included; the router adds its own checks in front, which the tests of the whole shop look at.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from graphql import GraphQLObjectType, GraphQLSchema

from ops.seed.load import demo_tables, seed
from subgraphs.kernel.identity import generate_key
from subgraphs.kernel.settings import ROOMS, DatabaseSettings
from tests.authorization.asking import call, denied, selection
from tests.authorization.rules import NOT_PROBED, allows, callers, rules_of
from tests.authorization.specimens import ARGUMENTS, ENTITIES, QUERIED, REQUIRED, SUBJECTS
from tests.fixtures.databases import Databases
from tests.fixtures.rooms import RoomClient, StartRoom

_SETTINGS = {"AUTH_SHOP_URL": "https://shop.example.com"}


def schema_of(room: str) -> GraphQLSchema:
    schema: GraphQLSchema = import_module(f"subgraphs.{room}.api").schema._schema
    return schema


def fields_of(room: str) -> dict[str, Any]:
    """Every field of an object type of the subgraph by coordinate, the federation's own left out."""
    return {
        f"{name}.{field_name}": field
        for name, type_ in schema_of(room).type_map.items()
        if isinstance(type_, GraphQLObjectType) and not name.startswith("_")
        for field_name, field in type_.fields.items()
        if not field_name.startswith("_")
    }


@pytest.mark.parametrize("room", ROOMS)
def test_every_field_has_a_rule(room: str) -> None:
    assert sorted(fields_of(room)) == sorted(
        coordinate for coordinate in rules_of(room) if coordinate.partition(".")[0] in schema_of(room).type_map
    )


@pytest.fixture(scope="module")
def seeded(databases: Databases) -> Iterator[dict[str, DatabaseSettings]]:
    made = {room: databases.clone(room) for room in ROOMS}
    asyncio.run(seed(made, demo_tables(), lambda *_: None))
    yield made
    for database in made.values():
        databases.drop(database)


@pytest.fixture(params=ROOMS)
async def room(
    request: pytest.FixtureRequest,
    start_room: StartRoom,
    seeded: dict[str, DatabaseSettings],
    redis_url: str,
    tmp_path: Path,
) -> AsyncIterator[RoomClient]:
    """Each subgraph over the demo shop's rows."""
    token_key, link_secret = tmp_path / "token-key.pem", tmp_path / "links.secret"
    token_key.write_bytes(generate_key().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    link_secret.write_text("a secret of enough bytes for one-time links")
    files = {"AUTH_TOKEN_KEY": str(token_key), "AUTH_LINK_SECRET": str(link_secret)}
    create_app = import_module(f"subgraphs.{request.param}.app").create_app
    async with start_room(
        request.param,
        create_app,
        database=seeded[request.param],
        redis=redis_url,
        variables={**_SETTINGS, **files, "CATALOG_CACHE": "off"},
    ) as client:
        yield client


async def specimen(room: RoomClient, statement: str) -> dict[str, Any]:
    """The row of an object of the demo shop."""
    row = await room.room.database.fetch_row(statement)
    assert row is not None, f"the demo shop has nothing for: {statement}"
    return {name: str(value) if isinstance(value, UUID) else value for name, value in row.items()}


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
            operation = _entity(type_name, field_name + ARGUMENTS.get(coordinate, "") + selection(field))
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
        operation = f"{query}{ARGUMENTS.get(coordinate, '')}{selection(fields_of(name)[coordinate])}"
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
        operation, variables = call(mutation, field, own | _filled(dict(subject.arguments), found))
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


def _filled(given: Any, found: dict[str, Any]) -> Any:
    if isinstance(given, dict):
        return {key: _filled(value, found) for key, value in given.items()}
    return found[given[1:]] if isinstance(given, str) and given.startswith("$") else given
