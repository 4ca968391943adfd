"""Junk for every argument of every mutation: what is tried, and what must come of it.

The arguments are read from the schemas, so a new mutation is covered when it is there, or fails for want of an example.
"""

from __future__ import annotations

import copy
from collections.abc import Collection, Iterator, Mapping
from importlib import import_module
from typing import Any
from uuid import UUID

from graphql import get_named_type, is_leaf_type, parse, validate

from tests.authorization.asking import DENIALS
from tests.fixtures.rooms import RoomClient

Example = Mapping[str, Any]

JUNK: list[Any] = [
    "", " ", "\x00", "a\x00b", "\u202e", "💡" * 300, "x" * 900_000, "' OR 1=1 --", "e\u0301", "{{ link }}", "-1", "NaN",
    "9999-12-31T23:59:59Z", "0001-01-01", None, [], {}, ["\x00"], ["x" * 5000] * 100, {"a": {"\x00": "\x00"}}, True, -1,
    2**31, 0.5, str(UUID(int=0)) + " ",
]  # fmt: skip

UNFORESEEN = {"ALREADY_EXISTS", "REFERENCE_NOT_FOUND", "CONSTRAINT_VIOLATED"}
"""Codes of what only the database noticed: no input alone may come that far, it would not be told which one it was."""


async def assert_junk_changes_nothing(
    client: RoomClient,
    examples: Mapping[str, Example],
    caller: Mapping[str, Mapping[str, Any]],
    *,
    may_change: Collection[str] = (),
    fatal: Collection[str] = ("INTERNAL_SERVER_ERROR", "SERVICE_UNAVAILABLE"),
) -> None:
    """Put every junk into every place of every example, one at a time.

    ``caller`` says who asks, by mutation, under ``""`` for all others. A refusal is typed and leaves all tables as they
    were, but for those that ``may_change``; no answer has a ``fatal`` code.
    """
    digests = await _digests(client)
    before = await _everything(client, digests)
    for name, document in _operations(client.room.name, examples):
        who = caller.get(name, caller[""])
        for path in _places(examples[name]):
            for junk in JUNK:
                response = await client.send(document, _with(examples[name], path, junk), **who)
                where = f"{name} {path} {str(junk)[:40]!r}"
                codes = [error["extensions"]["code"] for error in response.get("errors", ())]
                assert not set(fatal) & set(codes), (where, response)
                assert not UNFORESEEN & set(codes), (where, response)
                assert not DENIALS & set(codes), (where, "who may not has tried nothing")
                result = (response.get("data") or {}).get("result")
                errors = result.get("errors") or [] if isinstance(result, dict) else []
                after = await _everything(client, digests)
                if codes or errors:
                    changed = {table for table in after if after[table] != before[table]}
                    assert changed <= set(may_change), (where, changed)
                before = after
                for error in errors:
                    assert error["code"], where
                    assert error["code"] not in UNFORESEEN, (where, error)


def _places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield (*path, key)
        yield from _places(inner, (*path, key))


def _with(value: Example, path: tuple[Any, ...], junk: Any) -> dict[str, Any]:
    changed = copy.deepcopy(dict(value))
    place: Any = changed
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = junk
    return changed


def _operations(room: str, examples: Mapping[str, Example]) -> Iterator[tuple[str, str]]:
    """Each mutation's name, and a document that takes all its arguments as variables."""
    schema = import_module(f"subgraphs.{room}.api").schema._schema
    assert set(schema.mutation_type.fields) == set(examples), "an example is missing"
    for name, field in schema.mutation_type.fields.items():
        declared = ", ".join(f"${argument}: {definition.type}" for argument, definition in field.args.items())
        given = ", ".join(f"{argument}: ${argument}" for argument in field.args)
        head, call = (f"({declared})", f"({given})") if declared else ("", "")
        type_ = get_named_type(field.type)
        inner = "" if is_leaf_type(type_) else " { __typename }"
        if type_.name.endswith("Payload"):
            inner = " { errors { __typename code message path } }"
        document = f"mutation{head} {{ result: {name}{call}{inner} }}"
        assert validate(schema, parse(document)) == [], "what is refused as a document tries no argument"
        yield name, document


async def _digests(room: RoomClient) -> str:
    """A statement that answers each table with a digest of all its rows."""
    tables = await room.room.database.fetch(
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') "
        "AND NOT relispartition"
    )
    return " UNION ALL ".join(
        f"SELECT '{table}', sha256(convert_to(coalesce(string_agg(t::text, E'\\n' ORDER BY t::text), ''), 'UTF8')) "
        f'FROM "{table}" t'
        for (table,) in tables
    )


async def _everything(room: RoomClient, digests: str) -> dict[str, bytes]:
    return dict(await room.room.database.fetch(digests))
