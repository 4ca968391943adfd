"""Constant values: defaults and directive arguments."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from graphql import (
    BooleanValueNode,
    EnumValueNode,
    FloatValueNode,
    IntValueNode,
    ListValueNode,
    NullValueNode,
    ObjectValueNode,
    StringValueNode,
    ValueNode,
)
from graphql.language.print_string import print_string

__all__ = ["MISSING", "EnumLiteral", "Missing", "Value", "print_value", "read_value"]


@dataclass(frozen=True, slots=True)
class EnumLiteral:
    """The name of an enum value, as opposed to a string."""

    name: str


class Missing:
    """No value is written, which differs from null."""

    def __repr__(self) -> str:
        return "MISSING"

    def __bool__(self) -> bool:
        return False


MISSING: Final = Missing()

Value = None | bool | int | float | str | EnumLiteral | list["Value"] | dict[str, "Value"]


def read_value(node: ValueNode) -> Value:
    """A literal as Python data; variables do not occur in schemas."""
    match node:
        case NullValueNode():
            return None
        case BooleanValueNode():
            return node.value
        case StringValueNode():
            return node.value
        case EnumValueNode():
            return EnumLiteral(node.value)
        case IntValueNode():
            return int(node.value)
        case FloatValueNode():
            return float(node.value)
        case ListValueNode():
            return [read_value(item) for item in node.values]
        case ObjectValueNode():
            return {entry.name.value: read_value(entry.value) for entry in node.fields}
        case _:
            raise TypeError(f"not a constant value: {node.kind}")


def print_value(value: Value, *, sort_entries: bool = False) -> str:
    """The literal of a value; with ``sort_entries`` equal objects have equal text."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int() | float():
            return repr(value)
        case str():
            return print_string(value)
        case EnumLiteral(name):
            return name
        case list():
            return "[" + ", ".join(print_value(item, sort_entries=sort_entries) for item in value) + "]"
        case dict():
            entries = sorted(value.items()) if sort_entries else value.items()
            return "{" + ", ".join(f"{k}: {print_value(v, sort_entries=sort_entries)}" for k, v in entries) + "}"
