"""``@inaccessible``: the API schema left without hidden elements must be whole (inaccessible specification v0.2)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from router.composition.errors import CompositionError
from router.composition.merge.context import MergeContext
from router.composition.merge.executable_directive import EXECUTABLE_LOCATIONS
from router.composition.schema import (
    Element,
    EnumLiteral,
    EnumType,
    Field,
    FieldsType,
    InputObjectType,
    InputValue,
    InterfaceType,
    NamedType,
    Schema,
    UnionType,
    Value,
)
from router.composition.schema.type_ref import is_list, item, named, nullable
from router.composition.schema.value import Missing

__all__ = ["check_inaccessible"]


def check_inaccessible(context: MergeContext) -> list[CompositionError]:
    """All violations; nothing if nothing is hidden."""
    if "inaccessible" not in context.directive_names:
        return []
    hiding = _hiding_subgraphs(context)
    return [_with_subgraphs(error, context, hiding) for error in _violations(context.supergraph)]


def _hiding_subgraphs(context: MergeContext) -> dict[str, list[int]]:
    """By coordinate, the subgraphs that hide the element; a type also has those that hide something in it."""
    hiding: dict[str, list[int]] = {}
    for index, subgraph in enumerate(context.subgraphs):
        for element in (*subgraph.schema.elements(), *subgraph.schema.directive_arguments()):
            if _hidden(element):
                for coordinate in dict.fromkeys((element.coordinate, element.coordinate.partition(".")[0])):
                    hiding.setdefault(coordinate, []).append(index)
    return hiding


def _with_subgraphs(error: CompositionError, context: MergeContext, hiding: dict[str, list[int]]) -> CompositionError:
    """The first coordinate is what is hidden, or what has hidden parts."""
    indexes = list(dict.fromkeys(hiding.get(error.coordinates[0], ())))
    if not indexes:
        return error
    names = tuple(context.subgraphs[index].name for index in indexes)
    return replace(error, message=f"{error.message} @inaccessible is in {context.names(indexes)}.", subgraphs=names)


def _violations(schema: Schema) -> Iterator[CompositionError]:
    query = schema.types.get(schema.roots.get("query", "Query"))
    if query is not None and _hidden(query):
        yield CompositionError(
            "QUERY_ROOT_TYPE_INACCESSIBLE",
            f'Type "{query.name}" is @inaccessible but is the query root: an API needs one, so make it visible.',
            (query.name,),
        )
    for type_ in schema.types.values():
        if not _hidden(type_):
            yield from _check_children(schema, type_)
            yield from _check_type(schema, type_)
    for directive in schema.directives.values():
        for argument in directive.arguments.values():
            if not _hidden(argument) or set(directive.locations) <= EXECUTABLE_LOCATIONS:
                yield from _check_input(schema, argument, "argument of its directive")
            else:
                yield CompositionError(
                    "DISALLOWED_INACCESSIBLE",
                    f'"{argument.coordinate}" cannot be @inaccessible: its directive stands in schemas, where nobody'
                    " is hidden from.",
                    (argument.coordinate,),
                )


def _hidden(element: Element) -> bool:
    return element.has("inaccessible")


def _check_children(schema: Schema, type_: NamedType) -> Iterator[CompositionError]:
    children: list[bool]
    match type_:
        case FieldsType() | InputObjectType():
            kind, children = "fields", [_hidden(field) for field in type_.fields.values()]
        case EnumType():
            kind, children = "values", [_hidden(value) for value in type_.values.values()]
        case UnionType():
            kind, children = "members", [_hidden(schema.types[name]) for name in type_.members if name in schema.types]
        case _:
            return
    if children and all(children):
        yield CompositionError(
            "ONLY_INACCESSIBLE_CHILDREN",
            f'Type "{type_.name}" is in the API but all its {kind} are @inaccessible: hide the type or show one.',
            (type_.name,),
        )


def _check_type(schema: Schema, type_: NamedType) -> Iterator[CompositionError]:
    if isinstance(type_, InputObjectType):
        for entry in type_.fields.values():
            yield from _check_input(schema, entry, "input field of its type")
    elif isinstance(type_, FieldsType):
        for field in type_.fields.values():
            yield from _check_field(schema, type_, field)


def _check_field(schema: Schema, type_: FieldsType, field: Field) -> Iterator[CompositionError]:
    implemented = list(_implemented(schema, type_, field))
    if _hidden(field):
        for interface_field in implemented:
            yield CompositionError(
                "IMPLEMENTED_BY_INACCESSIBLE",
                f'Field "{field.coordinate}" is @inaccessible but implements "{interface_field.coordinate}", which is'
                " in the API: hide both or none.",
                (field.coordinate, interface_field.coordinate),
            )
        return
    yield from _check_reference(schema, field)
    for argument in field.arguments.values():
        yield from _check_input(schema, argument, "argument of its field")
        for interface_field in implemented:
            shown = interface_field.arguments.get(argument.name)
            if _hidden(argument) and shown is not None and not _hidden(shown):
                yield CompositionError(
                    "IMPLEMENTED_BY_INACCESSIBLE",
                    f'Argument "{argument.coordinate}" is @inaccessible but implements "{shown.coordinate}", which is'
                    " in the API: hide both or none.",
                    (argument.coordinate, shown.coordinate),
                )


def _implemented(schema: Schema, type_: FieldsType, field: Field) -> Iterator[Field]:
    """The visible interface fields this field implements."""
    for name in type_.interfaces:
        interface = schema.types.get(name)
        if isinstance(interface, InterfaceType) and not _hidden(interface):
            shown = interface.fields.get(field.name)
            if shown is not None and not _hidden(shown):
                yield shown


def _check_input(schema: Schema, element: InputValue, role: str) -> Iterator[CompositionError]:
    if _hidden(element):
        if element.required:
            yield CompositionError(
                "REQUIRED_INACCESSIBLE",
                f'"{element.coordinate}" is @inaccessible but is a required {role}: make it optional or show it.',
                (element.coordinate,),
            )
        return
    yield from _check_reference(schema, element)
    if not isinstance(element.default, Missing):
        for used in _hidden_in_value(schema, element.default, element.type):
            yield CompositionError(
                "DEFAULT_VALUE_USES_INACCESSIBLE",
                f'"{used}" is @inaccessible but is used in the default of "{element.coordinate}", which is in the API:'
                " change the default or show it.",
                (used, element.coordinate),
            )


def _check_reference(schema: Schema, element: Field | InputValue) -> Iterator[CompositionError]:
    type_ = schema.types.get(named(element.type))
    if type_ is not None and _hidden(type_):
        yield CompositionError(
            "REFERENCED_INACCESSIBLE",
            f'Type "{type_.name}" is @inaccessible but is the type of "{element.coordinate}", which is in the API:'
            " hide both or none.",
            (type_.name, element.coordinate),
        )


def _hidden_in_value(schema: Schema, value: Value, type_text: str) -> Iterator[str]:
    """Coordinates of hidden enum values and input fields that a default uses, also through defaults it implies."""
    text = nullable(type_text)
    if is_list(text):
        for part in value if isinstance(value, list) else [value]:
            yield from _hidden_in_value(schema, part, item(text))
        return
    type_ = schema.types.get(text)
    if isinstance(type_, EnumType) and isinstance(value, EnumLiteral):
        found = type_.values.get(value.name)
        if found is not None and _hidden(found):
            yield found.coordinate
    elif isinstance(type_, InputObjectType) and isinstance(value, dict):
        for field in type_.fields.values():
            if field.name in value:
                if _hidden(field):
                    yield field.coordinate
                yield from _hidden_in_value(schema, value[field.name], field.type)
            elif not isinstance(field.default, Missing):
                yield from _hidden_in_value(schema, field.default, field.type)
