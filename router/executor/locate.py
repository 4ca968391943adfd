"""From places in the merged data (source keys) to places in the client's response (response keys)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from graphql import GraphQLList, GraphQLOutputType, get_nullable_type

from router.executor.conditions import holds
from router.executor.errors import ErrorPath
from router.executor.leaves import MAX_INT
from router.executor.typenames import typename_of
from router.query_plan.nodes import ResponseField

__all__ = ["response_paths"]


def response_paths(
    fields: Sequence[ResponseField], root: Any, path: ErrorPath, variables: Mapping[str, Any]
) -> list[ErrorPath]:
    """Every response path at which the value at the source path ``path`` shows (GraphQL spec §7.1, "Errors").

    Several, when the client selected it under several aliases. What the client did not select (a field fetched for a
    key) is placed at the object around it, and so is what cannot be there: the item -1, a field of a list, anything in
    a leaf. The empty list means that not even its root field is in the response. All selected fields are looked
    through at each object on the way, and aliases on the way multiply.
    """
    found = dict.fromkeys(_descend(fields, root, path, 0, variables))
    found.pop((), None)
    return list(found)


def _descend(
    fields: Sequence[ResponseField], value: Any, path: ErrorPath, index: int, variables: Mapping[str, Any]
) -> Iterator[ErrorPath]:
    selected = [field for field in fields if _shows(field, value, path[index], variables)]
    if not selected:
        yield ()
        return
    inner = value.get(path[index]) if type(value) is dict else None
    if len(selected) == 1:
        yield from _through(selected[0], inner, path, index, variables)
        return
    for places in _by_response_key(selected, inner, path, index, variables):
        whole = [way for way in places if any(len(place) == len(path) - index for place in way)]
        for way in whole or places:
            yield from way


def _by_response_key(
    selected: Sequence[ResponseField], value: Any, path: ErrorPath, index: int, variables: Mapping[str, Any]
) -> Iterable[list[list[ErrorPath]]]:
    """The places through each field. Those of one response key are for different types, of which the object's is not
    known: what one of them selects is not placed around what it would be for another."""
    found: dict[str, list[list[ErrorPath]]] = {}
    for field in selected:
        found.setdefault(field.response_key, []).append([*_through(field, value, path, index, variables)])
    return found.values()


def _through(
    field: ResponseField, value: Any, path: ErrorPath, index: int, variables: Mapping[str, Any]
) -> Iterator[ErrorPath]:
    """The places that lead through a selected field."""
    end, item, is_whole = _into_lists(field.type, value, path, index + 1)
    head = (field.response_key, *path[index + 1 : end])
    if end == len(path) or not is_whole:
        yield head
        return
    for rest in _descend(field.selections, item, path, end, variables):
        yield (*head, *rest)


def _into_lists(type_: GraphQLOutputType, value: Any, path: ErrorPath, index: int) -> tuple[int, Any, bool]:
    """Follow the indices of ``path`` into a value of this type: where they end, the item there, and whether they lead
    through all of its lists. An index that the value cannot have ends them; a null may have had any."""
    inner = get_nullable_type(type_)
    while isinstance(inner, GraphQLList) and index < len(path):
        element = path[index]
        if not isinstance(element, int) or not _may_have(value, element):
            return index, None, False
        value = None if value is None else value[element]
        index += 1
        inner = get_nullable_type(inner.of_type)
    return index, value, True


def _may_have(value: Any, index: int) -> bool:
    if type(value) is list:
        return 0 <= index < len(value)
    return value is None and 0 <= index <= MAX_INT


def _shows(field: ResponseField, value: Any, source_key: str | int, variables: Mapping[str, Any]) -> bool:
    if field.source_key != source_key or field.origin != "data" or not holds(field.include, variables):
        return False
    typename = typename_of(value) if type(value) is dict else None
    return field.types is None or typename is None or typename in field.types
