"""Completing leaf values: what a subgraph sent, checked against the API type (GraphQL spec §6.4.3, result coercion).

Subgraphs have coerced their results already, so a value of the wrong kind is a fault and becomes null with an error.
Messages name the type and the kind of value, never the value: it may be one the API hides.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from graphql import GraphQLEnumType, GraphQLScalarType

__all__ = ["MAX_INT", "MIN_INT", "InvalidLeaf", "LeafCompletion", "leaf_completion"]

MIN_INT, MAX_INT = -(2**31), 2**31 - 1

LeafCompletion = Callable[[Any], Any]
"""From a value that is not null to the value the client gets; raises ``InvalidLeaf``."""

_KINDS = {dict: "an object", list: "a list", str: "a string", bool: "a boolean", int: "a number", float: "a number"}


class InvalidLeaf(Exception):  # noqa: N818 - says what the value is
    """The value does not belong to its type."""


def leaf_completion(leaf: GraphQLScalarType | GraphQLEnumType) -> LeafCompletion | None:
    """How values of ``leaf`` are completed; None for custom scalars, whose values pass as they are."""
    if isinstance(leaf, GraphQLEnumType):
        return _enum(leaf.name, frozenset(leaf.values))
    return _SPECIFIED.get(leaf.name)


def _enum(name: str, values: frozenset[str]) -> LeafCompletion:
    def complete(value: Any) -> Any:
        if type(value) is str and value in values:
            return value
        what = "a value that is not in the API schema" if type(value) is str else _kind(value)
        raise InvalidLeaf(f'Enum "{name}" cannot represent {what}.')

    return complete


def _int(value: Any) -> Any:
    if type(value) is float and value.is_integer():
        value = int(value)
    if type(value) is not int:
        what = "a number with a fraction" if type(value) is float else _kind(value)
        raise InvalidLeaf(f"Int cannot represent {what}.")
    if not MIN_INT <= value <= MAX_INT:
        raise InvalidLeaf("Int cannot represent a number beyond 32 bits.")
    return value


def _float(value: Any) -> Any:
    if type(value) is not float and type(value) is not int:
        raise InvalidLeaf(f"Float cannot represent {_kind(value)}.")
    return value


def _string(value: Any) -> Any:
    if type(value) is not str:
        raise InvalidLeaf(f"String cannot represent {_kind(value)}.")
    return value


def _boolean(value: Any) -> Any:
    if type(value) is not bool:
        raise InvalidLeaf(f"Boolean cannot represent {_kind(value)}.")
    return value


def _id(value: Any) -> Any:
    if type(value) is int:
        return str(value)
    if type(value) is not str:
        raise InvalidLeaf(f"ID cannot represent {_kind(value)}.")
    return value


def _kind(value: Any) -> str:
    return _KINDS.get(type(value), "null")


_SPECIFIED: dict[str, LeafCompletion] = {
    "Int": _int,
    "Float": _float,
    "String": _string,
    "Boolean": _boolean,
    "ID": _id,
}
