"""``@context`` and ``@fromContext``: names, and selections that fit the argument they fill."""

from __future__ import annotations

import re
from collections.abc import Iterator

from graphql import FieldNode, InlineFragmentNode, SelectionSetNode

from router.composition.errors import CompositionError
from router.composition.schema import MISSING, Field, FieldsType, InputValue, NamedType, ObjectType, Schema
from router.composition.schema.type_ref import is_list, is_non_null, item, nullable
from router.composition.subgraph.subgraph import Subgraph
from router.specs.context_value import parse_context_value
from router.specs.field_set import FieldSetSyntaxError, parse_field_set

__all__ = ["context_usage"]

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]*")


def context_usage(subgraph: Subgraph) -> Iterator[CompositionError]:
    """Context names are plain, and every contextual argument can be filled from each type that sets its context.

    CONTEXT_NAME_INVALID, NO_CONTEXT_IN_SELECTION, CONTEXT_NOT_SET (also where no context can be taken),
    CONTEXT_INVALID_SELECTION and CONTEXT_NO_RESOLVABLE_KEY. See https://specs.apollo.dev/context/v0.1.
    """
    contexts: dict[str, list[NamedType]] = {}
    for type_ in subgraph.schema.types.values():
        for application in type_.all("context"):
            name = application.text("name")
            contexts.setdefault(name, []).append(type_)
            if not _NAME.fullmatch(name):
                yield CompositionError(
                    "CONTEXT_NAME_INVALID",
                    f'Context name "{name}" on type "{type_.name}" is invalid: use letters and digits only,'
                    " beginning with a letter.",
                    (type_.name,),
                )
    for directive in subgraph.schema.directives.values():
        for argument in directive.arguments.values():
            if argument.has("fromContext"):
                problem = f'@fromContext on "{argument.coordinate}": a directive stands below no type: remove it.'
                yield _error("CONTEXT_NOT_SET", problem, argument)
    for type_, field in subgraph.schema.composite_fields():
        for argument in field.arguments.values():
            if argument.has("fromContext"):
                yield from _check_place(subgraph.schema, type_, field, argument)
                if isinstance(type_, ObjectType):
                    yield from _check_argument(subgraph.schema, type_, argument, contexts)


def _check_place(schema: Schema, type_: FieldsType, field: Field, argument: InputValue) -> Iterator[CompositionError]:
    """Only the field of an object can hide an argument, and only when no interface shows the field to clients."""
    where = f'@fromContext on "{argument.coordinate}"'
    if not isinstance(type_, ObjectType):
        problem = f'{where}: "{type_.name}" is an interface, whose fields are not resolved: apply it to no interface.'
        yield _error("CONTEXT_NOT_SET", problem, argument)
        return
    for name in type_.interfaces:
        interface = schema.types.get(name)
        if isinstance(interface, FieldsType) and field.name in interface.fields:
            problem = f'{where}: the field implements "{name}.{field.name}", which has no context: rename one of them.'
            yield _error("CONTEXT_NOT_SET", problem, argument)
    if argument.default is not MISSING:
        yield _error("CONTEXT_NOT_SET", f"{where}: the context gives the value, so remove the default.", argument)


def _check_argument(
    schema: Schema, type_: ObjectType, argument: InputValue, contexts: dict[str, list[NamedType]]
) -> Iterator[CompositionError]:
    application = argument.all("fromContext")[0]
    value = parse_context_value(application.text("field"))
    where = f'@fromContext on "{argument.coordinate}"'
    if value is None:
        text = application.text("field")
        yield _error("NO_CONTEXT_IN_SELECTION", f'{where}: "{text}" must begin with $ and a context name.', argument)
    elif value[0] not in contexts:
        unset = f'{where}: no type sets context "{value[0]}": apply @context(name: "{value[0]}") to one.'
        yield _error("CONTEXT_NOT_SET", unset, argument)
    else:
        problem = _selection_problem(schema, value[1], contexts[value[0]], argument.type)
        if problem is not None:
            yield _error("CONTEXT_INVALID_SELECTION", f'{where}, context "{value[0]}": {problem}.', argument)
    if not any(key.arguments.get("resolvable") is not False for key in type_.all("key")):
        yield _error(
            "CONTEXT_NO_RESOLVABLE_KEY",
            f'{where}: type "{type_.name}" needs a resolvable @key, by which it is fetched again with the value.',
            argument,
        )


def _error(code: str, message: str, argument: InputValue) -> CompositionError:
    return CompositionError(code, message, (argument.coordinate,))


def _selection_problem(schema: Schema, text: str, types: list[NamedType], expected: str) -> str | None:
    """Why the selection does not give one value of the expected type on each type; contexts can be absent."""
    try:
        selection_set = parse_field_set(text)
    except FieldSetSyntaxError as error:
        return str(error)
    for type_ in types:
        for name in schema.possible_types(type_.name) or [type_.name]:
            found = _selected_types(schema, selection_set, name)
            if not isinstance(found, list):
                return found
            if len(found) != 1:
                return f'it must select exactly one field on type "{name}"'
            if not _fits(found[0], expected):
                return f'it selects type "{found[0]}" on "{name}" but the argument has type "{expected}"'
    return None


def _selected_types(schema: Schema, selection_set: SelectionSetNode, type_name: str) -> list[str] | str:
    """The types of the leaves selected on a type, or a problem."""
    type_ = schema.types.get(type_name)
    found: list[str] = []
    for selection in selection_set.selections:
        if isinstance(selection, InlineFragmentNode):
            condition = selection.type_condition.name.value if selection.type_condition else type_name
            if condition != type_name and type_name not in schema.possible_types(condition):
                continue
            inner = _selected_types(schema, selection.selection_set, type_name)
        elif isinstance(selection, FieldNode):
            if selection.alias is not None or selection.directives:
                return "aliases and directives are not allowed in it"
            inner = _field_types(schema, selection, type_)
        else:
            return "only fields and inline fragments are allowed in it"
        if isinstance(inner, str):
            return inner
        found += inner
    return found


def _field_types(schema: Schema, selection: FieldNode, type_: NamedType | None) -> list[str] | str:
    name = selection.name.value
    field = type_.fields.get(name) if isinstance(type_, FieldsType) else None
    if field is None:
        return f'type "{type_.name if type_ else "?"}" has no field "{name}"'
    if selection.selection_set is None:
        return [field.type]
    inner_name = nullable(field.type)
    inner: list[str] = []
    for possible in schema.possible_types(inner_name):
        found = _selected_types(schema, selection.selection_set, possible)
        if isinstance(found, str):
            return found
        inner += [nullable(text) if not is_non_null(field.type) else text for text in found]
    return inner[:1]


def _fits(actual: str, expected: str) -> bool:
    """The value may be null whenever no context is above, so a non-null argument never fits."""
    if is_non_null(expected):
        return False
    return _same_or_stricter(nullable(actual), expected)


def _same_or_stricter(actual: str, expected: str) -> bool:
    if is_non_null(expected):
        return is_non_null(actual) and _same_or_stricter(nullable(actual), nullable(expected))
    actual = nullable(actual)
    if is_list(expected) or is_list(actual):
        return is_list(expected) and is_list(actual) and _same_or_stricter(item(actual), item(expected))
    return actual == expected
