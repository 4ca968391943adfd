"""A selection of all that can be read below a type, some levels deep."""

from __future__ import annotations

from typing import Any

from graphql import (
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_abstract_type,
    is_leaf_type,
    is_required_argument,
)

from tests.authorization.specimens import ARGUMENTS

Holder = GraphQLObjectType | GraphQLInterfaceType


def everything_below(type_: Any, schema: GraphQLSchema, depth: int, above: frozenset[str] = frozenset()) -> str:
    """A selection of every field that needs no arguments, or has some in ``ARGUMENTS``.

    Of a type within itself, the leaves.
    """
    if is_leaf_type(type_):
        return ""
    if is_abstract_type(type_):
        return "{ __typename }"
    depth = 1 if type_.name in above else depth
    chosen = [
        f"{name}{arguments_of(type_, name)} {everything_below(inner, schema, depth - 1, above | {type_.name})}"
        for name, inner in ((name, get_named_type(field.type)) for name, field in type_.fields.items())
        if not name.startswith("_") and is_open(type_, name) and (is_leaf_type(inner) or depth > 1)
    ]
    return f"{{ {' '.join(chosen) or '__typename'} }}"


def is_open(type_: Holder, name: str) -> bool:
    """Whether a field can be asked for without knowing more than a specimen's id."""
    needed = any(map(is_required_argument, type_.fields[name].args.values()))
    return not needed or f"{type_.name}.{name}" in ARGUMENTS


def arguments_of(type_: Holder, name: str) -> str:
    return ARGUMENTS.get(f"{type_.name}.{name}", "")
