"""Federated subgraphs over shared records, and the one plain schema that has to give the same answers.

Each subgraph is a graphql-core schema behind ASGI. All of them resolve from the same records, each through its own
types; a ``Ref`` in a record leads to another record.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import orjson
from graphql import GraphQLField, GraphQLSchema, build_schema, graphql_sync, parse

_DEFINITIONS = """
    scalar _Any
    scalar FieldSet
    scalar link__Import
    directive @link(url: String!, as: String, import: [link__Import]) repeatable on SCHEMA
    directive @key(fields: FieldSet!, resolvable: Boolean = true) repeatable on OBJECT | INTERFACE
    directive @external on OBJECT | FIELD_DEFINITION
    directive @requires(fields: FieldSet!) on FIELD_DEFINITION
    directive @provides(fields: FieldSet!) on FIELD_DEFINITION
    directive @shareable on OBJECT | FIELD_DEFINITION
    directive @inaccessible on OBJECT | FIELD_DEFINITION | ENUM_VALUE | INTERFACE | UNION
"""

LINK = """
    extend schema @link(
      url: "https://specs.apollo.dev/federation/v2.3"
      import: ["@key", "@external", "@requires", "@provides", "@shareable", "@inaccessible"]
    )
"""

Record = Mapping[str, Any]


class Ref(NamedTuple):
    typename: str
    id: str


class Records:
    """Records by type and id; every record has ``__typename``, and ``unknown_to`` names subgraphs without it."""

    def __init__(self, records: Mapping[str, Mapping[str, Record]]) -> None:
        self._records = {
            typename: {key: {"__typename": typename, **record} for key, record in table.items()}
            for typename, table in records.items()
        }

    def follow(self, value: Any) -> Any:
        """Records in place of references."""
        if isinstance(value, Ref):
            return self._records[value.typename].get(value.id)
        if isinstance(value, list):
            return [self.follow(item) for item in value]
        return value

    def entity(self, representation: Mapping[str, Any]) -> Any:
        """The record that has the key fields of the representation, with the representation's other values on top."""
        for key, record in self._records[representation["__typename"]].items():
            if representation.get("id", key) == key and all(
                representation[name] == record[name] for name in ("sku", "code") if name in representation
            ):
                return {**record, "representation": representation}
        return None


def resolver(records: Records) -> Any:
    """A field is its name in the record; functions in records compute it from the record they are read from."""

    def resolve(source: Any, info: Any, **arguments: Any) -> Any:
        value = (source or {}).get(info.field_name)
        if callable(value):
            value = value(source, **arguments)
        return records.follow(value)

    return resolve


class Subgraph:
    """One subgraph as an ASGI application."""

    def __init__(self, name: str, sdl: str, records: Records, roots: Record) -> None:
        self.name = name
        self.sdl = LINK + sdl
        self.schema = _executable(sdl)
        self._name = name
        self._records = records
        self._roots = roots
        entities = self.schema.query_type.fields.get("_entities") if self.schema.query_type else None
        if isinstance(entities, GraphQLField):
            entities.resolve = self._entities

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        request = orjson.loads((await receive())["body"])
        result = graphql_sync(
            self.schema,
            request["query"],
            self._roots,
            variable_values=request.get("variables"),
            field_resolver=resolver(self._records),
        )
        body = orjson.dumps(result.formatted)
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
        await send({"type": "http.response.body", "body": body})

    def _entities(self, source: Any, info: Any, representations: list[Any]) -> list[Any]:
        found = [self._records.entity(representation) for representation in representations]
        return [None if item is None or self._name in item.get("unknown_to", ()) else item for item in found]


def _executable(sdl: str) -> GraphQLSchema:
    """The subgraph's schema with ``_entities``."""
    document = parse(_DEFINITIONS + sdl)
    entities = sorted(
        definition.name.value  # type: ignore[attr-defined]
        for definition in document.definitions
        if any(directive.name.value == "key" for directive in getattr(definition, "directives", None) or ())
        and definition.kind == "object_type_definition"
    )
    query = "extend type Query" if "type Query" in sdl else "type Query"
    roots = f"union _Entity = {' | '.join(entities)} {query} {{ _entities(representations: [_Any!]!): [_Entity]! }}"
    return build_schema(_DEFINITIONS + sdl + roots, assume_valid_sdl=True)
