"""The shape of the client's response: which value of the merged data answers which selected field."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from graphql import GraphQLInterfaceType, GraphQLObjectType, GraphQLSchema

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

    ``first`` is added to the numbers of the plan's ``blocks``.
    """
    return _Response(schema, blocks, first).fields(position, fields, blocks.primary)


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
        source_key = "__typename" if field.origin == "typename" else field.response_key
        plain = ResponseField(
            field.response_key,
            source_key,
            field.name,
            field.parent_type,
            field.type,
            field.types,
            field.include,
            origin=field.origin,
            delays=field.delays,
            part=block.number + self._first if block.number else 0,
        )
        if field.origin != "data":
            yield plain
            return
        variants = list(self._variants(position, field, plain, block)) if position is not None else []
        if not variants:
            yield replace(plain, selections=self.fields(None, field.selections, block))
        elif len(variants) == 1:
            yield from _by_type(self._schema, position, replace(variants[0], types=field.types))
        else:
            for variant in variants:
                yield from _by_type(self._schema, position, variant)

    def _variants(
        self, position: Position, field: Field, plain: ResponseField, block: Block
    ) -> Iterator[ResponseField]:
        """One entry per way the field was placed, for the types it was placed for."""
        relevant = position.possible if field.types is None else position.possible & field.types
        parts: dict[int, tuple[Part, set[str]]] = {}
        for name in sorted(relevant):
            part = position.placed(field, name, block) or position.placed(field, position.type, block)
            if part is not None:
                parts.setdefault(id(part), (part, set()))[1].add(name)
        merged: dict[ResponseField, set[str]] = {}
        for part, names in parts.values():
            selections = self.fields(part.below, field.selections, block)
            entry = replace(plain, source_key=part.key, types=None, selections=selections)
            merged.setdefault(entry, set()).update(names)
        for entry, names in merged.items():
            yield replace(entry, types=frozenset(names))


def _by_type(schema: GraphQLSchema, position: Position | None, entry: ResponseField) -> Iterator[ResponseField]:
    """Split where implementations narrow the field's type: nulls go by the type of the real object's field."""
    if position is None:
        yield entry
        return
    static = schema.type_map.get(position.type)
    if isinstance(static, GraphQLObjectType):
        own = static.fields[entry.field_name].type if entry.field_name in static.fields else entry.type
        yield replace(entry, type=own, parent_type=static.name)
        return
    types = possible_types(schema, position.type) if entry.types is None else entry.types
    groups: dict[str, list[str]] = {}
    for name in sorted(types):
        parent = schema.type_map.get(name)
        if isinstance(parent, GraphQLObjectType | GraphQLInterfaceType) and entry.field_name in parent.fields:
            groups.setdefault(str(parent.fields[entry.field_name].type), []).append(name)
    if not groups:
        yield entry
        return
    for names in groups.values():
        parent = schema.type_map[names[0]]
        if isinstance(parent, GraphQLObjectType):
            yield replace(
                entry,
                type=parent.fields[entry.field_name].type,
                parent_type=names[0] if len(names) == 1 else entry.parent_type,
                types=entry.types if len(groups) == 1 else frozenset(names),
            )
