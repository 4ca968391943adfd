"""What join v0.1 leaves unsaid: that a subgraph has fields of other owners which it requires or provides."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from graphql import GraphQLSchema

from router.supergraph.field_set import FieldSet, possible_types
from router.supergraph.model import FieldJoin, JoinedType

__all__ = ["with_external_fields"]


def with_external_fields(schema: GraphQLSchema, types: Mapping[str, JoinedType]) -> dict[str, JoinedType]:
    """The types, with an external join wherever ``@requires`` or ``@provides`` of a subgraph name another's field."""
    completed = dict(types)
    for graph, type_name, field_name in _named(schema, types):
        joined = completed.get(type_name)
        if joined is None or graph not in joined.joins or field_name not in joined.fields:
            continue
        field = joined.fields[field_name]
        if graph not in field.joins:
            joins = {**field.joins, graph: FieldJoin(graph, field.type, external=True)}
            completed[type_name] = replace(joined, fields={**joined.fields, field_name: replace(field, joins=joins)})
    return completed


def _named(schema: GraphQLSchema, types: Mapping[str, JoinedType]) -> Iterator[tuple[str, str, str]]:
    for type_ in types.values():
        for field in type_.fields.values():
            for join in field.joins.values():
                yield from _of_field_set(schema, join.graph, join.requires)
                yield from _of_field_set(schema, join.graph, join.provides)


def _of_field_set(schema: GraphQLSchema, graph: str, fields: FieldSet) -> Iterator[tuple[str, str, str]]:
    for field in fields:
        for name in sorted({field.parent_type, *(field.types or possible_types(schema, field.parent_type))}):
            yield graph, name, field.name
        yield from _of_field_set(schema, graph, field.selections)
