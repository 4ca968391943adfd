"""Which runtime types an object may have, and which of its fields are asked of which of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from graphql import GraphQLNamedType, GraphQLSchema, is_abstract_type

from router.query_plan.nodes import ResponseField

__all__ = ["applicable", "depends_on_typename", "possible_types", "typename_of"]


def typename_of(value: Mapping[str, Any]) -> str | None:
    """The ``__typename`` of an object in the merged data, if it has one that is a name."""
    typename = value.get("__typename")
    return typename if type(typename) is str else None


def possible_types(schema: GraphQLSchema, type_: GraphQLNamedType) -> frozenset[str]:
    """Names of the object types of the API schema that ``type_`` stands for."""
    if is_abstract_type(type_):
        return frozenset(possible.name for possible in schema.get_possible_types(type_))
    return frozenset((type_.name,))


def depends_on_typename(fields: Sequence[ResponseField]) -> bool:
    """Whether the runtime type of an object decides what is answered for it."""
    return any(field.types is not None or field.origin == "typename" for field in fields)


def applicable(fields: tuple[ResponseField, ...], typename: str) -> tuple[ResponseField, ...]:
    """The fields selected for an object of this type; the same tuple when it is all of them."""
    if all(field.types is None or typename in field.types for field in fields):
        return fields
    return tuple(field for field in fields if field.types is None or typename in field.types)
