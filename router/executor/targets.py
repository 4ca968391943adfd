"""Finding the objects a path leads to in the merged data."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from router.executor.typenames import typename_of
from router.query_plan.nodes import Items, OnTypes, Path

__all__ = ["Collect", "collect_anything", "compile_targets", "positions"]

Object = dict[str, Any]
Collect = Callable[[Object], list[Any]]
_Step = Callable[[list[Any]], list[Any]]


def compile_targets(targets: Sequence[Path]) -> Collect:
    """The objects at all ``targets``, in order, nulls left out.

    Written for data of the expected shape: other data raises TypeError or AttributeError, here or when the result
    is used, and then ``collect_anything`` is the one to ask.
    """
    walks = [_compile_path(path) for path in targets]
    if len(walks) == 1:
        return walks[0]

    def collect(root: Object) -> list[Any]:
        found: list[Any] = []
        for walk in walks:
            found += walk(root)
        return found

    return collect


def _compile_path(path: Path) -> Collect:
    steps = _steps(path)

    def walk(root: Object) -> list[Any]:
        level: list[Any] = [root]
        for step in steps:
            level = step(level)
        return level

    return walk


def _steps(path: Path) -> list[_Step]:
    """One step per element, except that a key and the list level right behind it go together."""
    steps: list[_Step] = []
    index = 0
    while index < len(path):
        element = path[index]
        if isinstance(element, str) and index + 1 < len(path) and isinstance(path[index + 1], Items):
            steps.append(_key_items(element))
            index += 1
        elif isinstance(element, str):
            steps.append(_key(element))
        elif isinstance(element, OnTypes):
            steps.append(_on_types(element.types))
        else:
            steps.append(_items)
        index += 1
    return steps


def _key(key: str) -> _Step:
    return lambda level: [value for item in level if (value := item.get(key)) is not None]


def _key_items(key: str) -> _Step:
    return lambda level: [
        value for item in level if (values := item.get(key)) is not None for value in values if value is not None
    ]


def _items(level: list[Any]) -> list[Any]:
    return [value for values in level for value in values if value is not None]


def _on_types(types: frozenset[str]) -> _Step:
    return lambda level: [item for item in level if item.get("__typename") in types]


def collect_anything(root: Object, targets: Sequence[Path]) -> list[Object]:
    """As ``compile_targets``, for data of any shape: what is not where a path expects it is passed over."""
    return [found for path in targets for _, found in positions(root, path)]


def positions(root: Object, path: Path) -> Iterator[tuple[tuple[str | int, ...], Object]]:
    """The objects at ``path`` with their source paths, list indices included; data of any shape."""
    yield from _positions(root, path, 0, ())


def _positions(
    value: Any, path: Path, index: int, at: tuple[str | int, ...]
) -> Iterator[tuple[tuple[str | int, ...], Object]]:
    if index == len(path):
        if type(value) is dict:
            yield at, value
        return
    element = path[index]
    if isinstance(element, Items):
        if type(value) is list:
            for number, item in enumerate(value):
                yield from _positions(item, path, index + 1, (*at, number))
    elif type(value) is dict:
        if isinstance(element, OnTypes):
            if typename_of(value) in element.types:
                yield from _positions(value, path, index + 1, at)
        else:
            yield from _positions(value.get(element), path, index + 1, (*at, element))
