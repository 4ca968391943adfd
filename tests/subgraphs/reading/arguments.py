"""Every field with arguments, examples that give all of them, and the junk that takes the place of each value.

All is read from the schemas: a new field, argument or input field is tried from the day it is there.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    get_named_type,
)

from tests.authorization.asking import parts, sample
from tests.authorization.rules import rules_of
from tests.authorization.schemas import fields_of, schema_of

JUNK: list[Any] = [
    "", " ", "\x00", "a\x00b", "\u202e", "💡" * 300, "x" * 1_000_000, "%", "_", "\\", "'", "' OR 1=1 --", ":*&|!()<->",
    "e\u0301", "-1", "-1.00", "NaN", "Infinity", "1e9", "0.1234567890", "99999999999999999999.9999999999",
    "9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "2026-01-01", str(UUID(int=0)) + " ",
    str(UUID(int=2**128 - 1)), "0" * 32, None, [], {}, [None], ["\x00"], ["x" * 10_000] * 90, [str(UUID(int=0))] * 300,
    {"a": {"\x00": "\x00"}}, True, 0, -1, 101, 251, 2**31 - 1, -(2**31), 2**31, 2**63, 1e30, 0.5, -0.0, 1e308,
]  # fmt: skip
_BASE = {"categorySlug": "lamps", "country": "US", "currency": "USD", "query": "lamp"}


@dataclass(frozen=True, slots=True)
class Asked:
    """A field with arguments and values for all of them that may stand together."""

    coordinate: str
    declared: str
    text: str
    """The field with its arguments and its selection."""
    values: dict[str, Any]


def asked_of(room: str) -> Iterator[Asked]:
    """Every field of the room that takes arguments, mutations left out; several examples where arguments exclude."""
    schema, rules = schema_of(room), rules_of(room)
    for coordinate, field in fields_of(room).items():
        type_name, _, name = coordinate.partition(".")
        if not field.args or type_name == "Mutation":
            continue
        given = ", ".join(f"{key}: ${key}" for key in field.args)
        yield from (
            Asked(
                coordinate,
                ", ".join(f"${key}: {each.type}" for key, each in field.args.items()),
                f"{name}({given}){parts(field, schema, rules)}",
                values,
            )
            for values in _examples({key: each.type for key, each in field.args.items()})
        )


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of each value inside, the outer ones first."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield (*path, key)
        yield from places(inner, (*path, key))


def forged(cursor: str) -> Iterator[str]:
    """Cursors like this one with other values, other sorts, too few and too many, and no cursors at all."""
    name, *values = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    for index in range(len(values)):
        for junk in (None, "", "\x00", "x", "NaN", -1, 2**40, 1e308, [], {}, "9999-12-31T23:59:59-14:00", "9" * 200):
            yield _cursor([name, *values[:index], junk, *values[index + 1 :]])
    yield from (_cursor(each) for each in ([name], [name, *values, 1], ["OTHER", *values], [1, *values], {}, "x", None))
    yield from (cursor[:-3], cursor + "=", cursor + "\n", cursor * 400)


def _cursor(data: Any) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(data)).decode().rstrip("=")


def _examples(types: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """All arguments at once, but for those of another paging direction and those that name one thing otherwise."""
    if "last" in types:
        yield from _examples({key: type_ for key, type_ in types.items() if key not in ("last", "before")})
        yield {"last": 2, "before": None}
        return
    values = {key: _whole(key, type_) for key, type_ in types.items()}
    for key, type_ in types.items():
        named = get_named_type(type_)
        if (isinstance(named, GraphQLInputObjectType) and named.is_one_of) or named.name.endswith("By"):
            for inner, each in named.fields.items():
                yield values | {key: {inner: _whole(inner, each.type)}}
            return
    yield values


def _whole(name: str, type_: Any) -> Any:
    """Like ``sample`` with every optional value given, too."""
    match type_:
        case GraphQLNonNull():
            return _whole(name, type_.of_type)
        case GraphQLList():
            return [_whole(name, type_.of_type)]
        case GraphQLInputObjectType():
            return {key: _whole(key, each.type) for key, each in type_.fields.items()}
        case GraphQLEnumType():
            return next(iter(type_.values))
    if name in ("after", "before"):
        return None
    return _BASE.get(name, sample(type_))
