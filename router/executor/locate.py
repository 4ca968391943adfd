"""From places in the merged data (source keys) to places in the client's response (response keys)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from router.executor.conditions import holds
from router.executor.errors import ErrorPath
from router.executor.typenames import typename_of
from router.query_plan.nodes import ResponseField

__all__ = ["response_paths"]


def response_paths(
    fields: Sequence[ResponseField], root: Any, path: ErrorPath, variables: Mapping[str, Any]
) -> list[ErrorPath]:
    """Every response path at which the value at the source path ``path`` shows.

    Several, when the client selected it under several aliases. What the client did not select (a field fetched for a
    key) is placed at the object around it; the empty list means that not even its root field is in the response.
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
    end = index + 1
    while end < len(path) and isinstance(path[end], int):
        inner = _item(inner, path[end])
        end += 1
    for field in selected:
        head = (field.response_key, *path[index + 1 : end])
        if end == len(path):
            yield head
        else:
            for rest in _descend(field.selections, inner, path, end, variables):
                yield (*head, *rest)


def _shows(field: ResponseField, value: Any, source_key: str | int, variables: Mapping[str, Any]) -> bool:
    if field.source_key != source_key or field.origin != "data" or not holds(field.include, variables):
        return False
    typename = typename_of(value) if type(value) is dict else None
    return field.types is None or typename is None or typename in field.types


def _item(value: Any, index: str | int) -> Any:
    if type(value) is list and isinstance(index, int) and 0 <= index < len(value):
        return value[index]
    return None
