"""The shape of the client's response: which value of the merged data answers which selected field."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from graphql import GraphQLInterfaceType, GraphQLObjectType, GraphQLOutputType, GraphQLSchema

from router.planner.deferring import Block, Blocks
from router.planner.operation import Field
from router.planner.steps import Part, Position
from router.query_plan.nodes import ResponseField
from router.supergraph.field_set import possible_types

__all__ = ["response_fields"]


def response_fields(
    schema: GraphQLSchema, position: Position | None, fields: Iterable[Field], blocks: Blocks, first: int = 0
) -> tuple[ResponseField, ...]:
    """The response fields of the objects at a position; ``None``: nothing was fetched there.

    ``first`` is added to the numbers of the plan's ``blocks``. At a position of an abstract type each object type is
    looked at for each field: there may be a response field for every one of them.
    """
    return _Response(schema, blocks, first).fields(position, fields, blocks.primary)


class _Way(NamedTuple):
    """Where a field's value is found, what is below it, and as which type's field it is completed; ``types`` are those
    of the objects for which this holds, None: all."""

    key: str
    selections: tuple[ResponseField, ...]
    type: GraphQLOutputType
    parent_type: str
    types: frozenset[str] | None


class _Response:
    def __init__(self, schema: GraphQLSchema, blocks: Blocks, first: int) -> None:
        self._schema = schema
        self._blocks = blocks
        self._first = first

    def fields(self, position: Position | None, fields: Iterable[Field], around: Block) -> tuple[ResponseField, ...]:
        """``around`` is the block that fetches the objects at the position."""
        return tuple(
            entry
            for field in fields
            for entry in self._entries(position, field, self._blocks.of(field.delayed_by, around))
        )

    def _entries(self, position: Position | None, field: Field, block: Block) -> Iterator[ResponseField]:
        if field.origin != "data":
            key = "__typename" if field.origin == "typename" else field.response_key
            yield self._entry(field, block, _Way(key, (), field.type, field.parent_type, field.types))
            return
        ways = [] if position is None else self._ways(position, field, block)
        if position is None or not ways:
            selections = self.fields(None, field.selections, block)
            yield self._entry(
                field, block, _Way(field.response_key, selections, field.type, field.parent_type, field.types)
            )
            return
        if len(ways) == 1:
            ways = [ways[0]._replace(types=field.types)]
        for way in ways:
            for typed in _by_type(self._schema, position, field.name, way):
                yield self._entry(field, block, typed)

    def _entry(self, field: Field, block: Block, way: _Way) -> ResponseField:
        return ResponseField(
            field.response_key,
            way.key,
            field.name,
            way.parent_type,
            way.type,
            way.types,
            field.include,
            way.selections,
            field.origin,
            field.delays,
            block.number + self._first if block.number else 0,
        )

    def _ways(self, position: Position, field: Field, block: Block) -> list[_Way]:
        """The ways the field was placed, each for the types it was placed for."""
        relevant = position.possible if field.types is None else position.possible & field.types
        parts: dict[int, tuple[Part, set[str]]] = {}
        for name in sorted(relevant):
            part = position.placed(field, name, block) or position.placed(field, position.type, block)
            if part is not None:
                parts.setdefault(id(part), (part, set()))[1].add(name)
        found = [
            _Way(
                part.key,
                self.fields(part.below, field.selections, block),
                field.type,
                field.parent_type,
                frozenset(names),
            )
            for part, names in parts.values()
        ]
        if len(found) < 2:
            return found
        alike: dict[tuple[str, tuple[ResponseField, ...]], list[_Way]] = {}
        for way in found:
            alike.setdefault((way.key, way.selections), []).append(way)
        return [
            ways[0]._replace(types=frozenset().union(*(way.types or () for way in ways))) for ways in alike.values()
        ]


def _by_type(schema: GraphQLSchema, position: Position, name: str, way: _Way) -> Iterator[_Way]:
    """Split where implementations narrow the field's type: nulls go by the type of the real object's field."""
    static = schema.type_map.get(position.type)
    if isinstance(static, GraphQLObjectType):
        own = static.fields[name].type if name in static.fields else way.type
        yield way._replace(type=own, parent_type=static.name)
        return
    types = possible_types(schema, position.type) if way.types is None else way.types
    groups: dict[str, list[str]] = {}
    for possible in sorted(types):
        parent = schema.type_map.get(possible)
        if isinstance(parent, GraphQLObjectType | GraphQLInterfaceType) and name in parent.fields:
            groups.setdefault(str(parent.fields[name].type), []).append(possible)
    if not groups:
        yield way
        return
    for names in groups.values():
        parent = schema.type_map[names[0]]
        if isinstance(parent, GraphQLObjectType):
            yield way._replace(
                type=parent.fields[name].type,
                parent_type=names[0] if len(names) == 1 else way.parent_type,
                types=way.types if len(groups) == 1 else frozenset(names),
            )
