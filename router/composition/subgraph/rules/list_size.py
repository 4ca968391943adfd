"""``@listSize``: what it names must be there and be lists or integers."""

from __future__ import annotations

from collections.abc import Iterator

from router.composition.errors import CompositionError
from router.composition.schema import Application, Field, FieldsType, UnionType
from router.composition.schema.type_ref import is_list, named, nullable
from router.composition.subgraph.subgraph import Subgraph

__all__ = ["list_size_arguments"]


def list_size_arguments(subgraph: Subgraph) -> Iterator[CompositionError]:
    """The field or its sized fields are lists (else LIST_SIZE_APPLIED_TO_NON_LIST, LIST_SIZE_INVALID_SIZED_FIELD),
    slicing arguments are integers (LIST_SIZE_INVALID_SLICING_ARGUMENT), the assumed size is not negative
    (LIST_SIZE_INVALID_ASSUMED_SIZE)."""
    for _, field in subgraph.schema.composite_fields():
        application = field.first("listSize")
        if application is None:
            continue
        sized = _strings(application, "sizedFields")
        if not sized and not is_list(field.type):
            yield _error("LIST_SIZE_APPLIED_TO_NON_LIST", field, "is not a list: name its lists in sizedFields")
        size = application.arguments.get("assumedSize")
        if isinstance(size, int) and size < 0:
            yield _error("LIST_SIZE_INVALID_ASSUMED_SIZE", field, f"has negative assumedSize {size}: use zero or more")
        yield from _check_slicing(field, _strings(application, "slicingArguments"))
        yield from _check_sized(subgraph, field, sized)


def _strings(application: Application, name: str) -> list[str]:
    value = application.arguments.get(name)
    items = list(value) if isinstance(value, list | str) else []
    return [item for item in items if isinstance(item, str)]


def _check_slicing(field: Field, names: list[str]) -> Iterator[CompositionError]:
    for name in names:
        argument = field.arguments.get(name)
        if argument is None:
            problem = f'has no argument "{name}" to slice by: name one that is Int or Int!'
            yield _error("LIST_SIZE_INVALID_SLICING_ARGUMENT", field, problem)
        elif nullable(argument.type) != "Int":
            problem = f'slices by "{name}" of type "{argument.type}": name an argument that is Int or Int!'
            yield _error("LIST_SIZE_INVALID_SLICING_ARGUMENT", field, problem)


def _check_sized(subgraph: Subgraph, field: Field, names: list[str]) -> Iterator[CompositionError]:
    if not names:
        return
    type_ = subgraph.schema.types.get(named(field.type))
    if not isinstance(type_, FieldsType | UnionType):
        problem = f'cannot have sizedFields: "{field.type}" has no fields, so remove them'
        yield _error("LIST_SIZE_INVALID_SIZED_FIELD", field, problem)
        return
    for name in names:
        sized = type_.fields.get(name) if isinstance(type_, FieldsType) else None
        if sized is None:
            problem = f'names sized field "{name}", which type "{type_.name}" does not have: name its lists'
            yield _error("LIST_SIZE_INVALID_SIZED_FIELD", field, problem)
        elif not is_list(sized.type):
            problem = f'names sized field "{name}", which is not a list: name its lists'
            yield _error("LIST_SIZE_APPLIED_TO_NON_LIST", field, problem)


def _error(code: str, field: Field, problem: str) -> CompositionError:
    return CompositionError(code, f'@listSize: field "{field.coordinate}" {problem}.', (field.coordinate,))
