"""A schema to SDL, in a fixed order: the schema definition, then directives, then types, each by name."""

from __future__ import annotations

from collections.abc import Iterable

from graphql.language.block_string import print_block_string
from graphql.language.print_string import print_string

from router.composition.schema.elements import (
    Application,
    DirectiveDefinition,
    EnumType,
    Field,
    FieldsType,
    InputObjectType,
    InputValue,
    NamedType,
    Schema,
    UnionType,
)
from router.composition.schema.value import Missing, print_value

__all__ = ["print_definition", "print_schema"]

_KEYWORD = {"object": "type"}


def print_schema(schema: Schema, definitions: Iterable[tuple[str, str]] = ()) -> str:
    """The SDL of a schema; ``definitions`` are further (name, SDL) pairs, directives named with their ``@``."""
    texts = list(definitions)
    texts += [("@" + directive.name, print_directive(directive)) for directive in schema.directives.values()]
    texts += [(type_.name, print_definition(type_)) for type_ in schema.types.values()]
    texts.sort(key=lambda pair: (not pair[0].startswith("@"), pair[0]))
    return "\n\n".join([_schema_definition(schema), *(text for _, text in texts)]) + "\n"


def _schema_definition(schema: Schema) -> str:
    roots = "".join(
        f"  {operation}: {schema.roots[operation]}\n"
        for operation in ("query", "mutation", "subscription")
        if operation in schema.roots
    )
    return f"{_description(schema.description)}schema{_lines(schema.applied)}{{\n{roots}}}"


def print_directive(directive: DirectiveDefinition) -> str:
    """A directive definition in one line after its description."""
    repeatable = " repeatable" if directive.repeatable else ""
    arguments = _arguments(directive.arguments.values(), "")
    return (
        f"{_description(directive.description)}directive @{directive.name}{arguments}"
        f"{repeatable} on {' | '.join(directive.locations)}"
    )


def print_definition(type_: NamedType) -> str:
    """A type definition: one directive per line, then its members."""
    head = f"{_description(type_.description)}{_KEYWORD.get(type_.kind, type_.kind)} {type_.name}"
    if isinstance(type_, FieldsType) and type_.interfaces:
        head += " implements " + " & ".join(type_.interfaces)
    if isinstance(type_, UnionType):
        return f"{head}{_lines(type_.applied)}= {' | '.join(type_.members)}"
    members = _members(type_)
    if members:
        return f"{head}{_lines(type_.applied)}{{\n{''.join(members)}}}"
    return f"{head}{_lines(type_.applied)}".rstrip()


def _members(type_: NamedType) -> list[str]:
    if isinstance(type_, FieldsType):
        return [_field(field) for field in type_.fields.values()]
    if isinstance(type_, InputObjectType):
        return [f"{_description(entry.description, '  ')}  {_input_value(entry)}\n" for entry in type_.fields.values()]
    if isinstance(type_, EnumType):
        return [
            f"{_description(value.description, '  ')}  {value.name}{_inline(value.applied)}\n"
            for value in type_.values.values()
        ]
    return []


def _field(field: Field) -> str:
    return (
        f"{_description(field.description, '  ')}  {field.name}{_arguments(field.arguments.values(), '  ')}:"
        f" {field.type}{_inline(field.applied)}\n"
    )


def _arguments(arguments: Iterable[InputValue], indent: str) -> str:
    listed = list(arguments)
    if not listed:
        return ""
    if all(argument.description is None for argument in listed):
        return "(" + ", ".join(_input_value(argument) for argument in listed) + ")"
    inner = indent + "  "
    return (
        "(\n"
        + "".join(
            f"{_description(argument.description, inner)}{inner}{_input_value(argument)}\n" for argument in listed
        )
        + indent
        + ")"
    )


def _input_value(value: InputValue) -> str:
    default = "" if isinstance(value.default, Missing) else f" = {print_value(value.default)}"
    return f"{value.name}: {value.type}{default}{_inline(value.applied)}"


def _inline(applied: Iterable[Application]) -> str:
    return "".join(f" {application}" for application in applied)


def _lines(applied: Iterable[Application]) -> str:
    lines = "".join(f"\n  {application}" for application in applied)
    return lines + "\n" if lines else " "


def _description(text: str | None, indent: str = "") -> str:
    if text is None:
        return ""
    lines = print_block_string(text) if _printable_as_block(text) else print_string(text)
    return "".join(f"{indent}{line}\n" if line else "\n" for line in lines.split("\n"))


def _printable_as_block(text: str) -> bool:
    lines = text.split("\n")
    unambiguous = bool(lines[0].strip() and lines[-1].strip()) and lines[0] == lines[0].lstrip()
    return unambiguous and all(character.isprintable() or character in "\n\t" for character in text)
