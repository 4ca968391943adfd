"""What there is to ask of each subgraph."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from graphql import GraphQLObjectType, GraphQLSchema


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
