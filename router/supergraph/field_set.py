"""Field sets: the selections that ``@key``, ``@requires`` and ``@provides`` carry as strings."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from graphql import (
    DefinitionNode,
    FieldNode,
    GraphQLCompositeType,
    GraphQLError,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    get_named_type,
    is_composite_type,
    parse,
    print_ast,
)

__all__ = ["FieldSet", "FieldSetField", "parse_field_set", "possible_types", "print_field_set"]


@dataclass(frozen=True, slots=True)
class FieldSetField:
    """One field of a field set."""

    name: str
    parent_type: str
    """The composite type it is selected on."""
    types: frozenset[str] | None = None
    """Object types for which it is selected; ``None``: every one that can stand here."""
    arguments: str = ""
    """Printed arguments with parentheses, or empty."""
    selections: FieldSet = ()


FieldSet = tuple[FieldSetField, ...]


def possible_types(schema: GraphQLSchema, type_name: str) -> frozenset[str]:
    """Names of the object types that an object of ``type_name`` can have; empty for an unknown type."""
    match schema.type_map.get(type_name):
        case GraphQLObjectType():
            return frozenset((type_name,))
        case GraphQLInterfaceType() | GraphQLUnionType() as abstract:
            return frozenset(possible.name for possible in schema.get_possible_types(abstract))
        case _:
            return frozenset()


def parse_field_set(schema: GraphQLSchema, type_name: str, text: str) -> FieldSet:
    """Parse ``text`` as a selection on ``type_name``.

    Fields of one name and arguments are merged when they are selected for the same types. ``__typename`` is dropped:
    it is sent whenever it is needed. Raises ``GraphQLError`` when the text is no selection on that type.
    """
    operation = _parsed(text)
    parent = schema.type_map.get(type_name)
    if not isinstance(operation, OperationDefinitionNode) or parent is None or not is_composite_type(parent):
        raise GraphQLError(f"'{text}' is no field set of {type_name}.")
    return _merge(_fields(schema, parent, None, operation.selection_set))


@lru_cache(maxsize=1024)
def _parsed(text: str) -> DefinitionNode:
    """Schemas repeat few field sets many times."""
    return parse(text if text.lstrip().startswith("{") else f"{{{text}}}", no_location=True).definitions[0]


def print_field_set(field_set: FieldSet) -> str:
    """The field set as one line, such as ``id organization { id }``."""
    return " ".join(_print_field(field) for field in field_set)


def _print_field(field: FieldSetField) -> str:
    text = field.name + field.arguments
    if field.selections:
        text += f" {{ {print_field_set(field.selections)} }}"
    if field.types is None:
        return text
    return " ".join(f"... on {name} {{ {text} }}" for name in sorted(field.types))


def _fields(
    schema: GraphQLSchema, parent: GraphQLCompositeType, types: frozenset[str] | None, node: SelectionSetNode
) -> Iterable[FieldSetField]:
    for selection in node.selections:
        if isinstance(selection, FieldNode):
            if selection.name.value != "__typename":
                yield _field(schema, parent, types, selection)
        elif isinstance(selection, InlineFragmentNode):
            condition, narrowed = parent, types
            if selection.type_condition is not None:
                name = selection.type_condition.name.value
                found = schema.type_map.get(name)
                if found is None or not is_composite_type(found):
                    raise GraphQLError(f"Unknown type {name} in a field set of {parent.name}.")
                condition = found
                if found is not parent:
                    matching = possible_types(schema, name)
                    narrowed = matching if types is None else types & matching
                    if narrowed >= possible_types(schema, parent.name):
                        narrowed = types
            yield from _fields(schema, condition, narrowed, selection.selection_set)


def _field(
    schema: GraphQLSchema, parent: GraphQLCompositeType, types: frozenset[str] | None, node: FieldNode
) -> FieldSetField:
    name = node.name.value
    definition = None if isinstance(parent, GraphQLUnionType) else parent.fields.get(name)
    if definition is None:
        raise GraphQLError(f"Unknown field {parent.name}.{name} in a field set.")
    arguments = ", ".join(print_ast(argument) for argument in node.arguments or ())
    selections: FieldSet = ()
    target = get_named_type(definition.type)
    if node.selection_set is not None and is_composite_type(target):
        selections = _merge(_fields(schema, target, None, node.selection_set))
    return FieldSetField(name, parent.name, types, f"({arguments})" if arguments else "", selections)


def _merge(fields: Iterable[FieldSetField]) -> FieldSet:
    merged: dict[tuple[str, str, frozenset[str] | None], FieldSetField] = {}
    for field in fields:
        identity = (field.name, field.arguments, field.types)
        known = merged.get(identity)
        if known is None:
            merged[identity] = field
        else:
            selections = _merge((*known.selections, *field.selections))
            merged[identity] = FieldSetField(field.name, known.parent_type, field.types, field.arguments, selections)
    return tuple(merged.values())
