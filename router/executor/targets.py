"""Finding the objects a path leads to in the merged data."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from router.executor.source import Source
from router.executor.typenames import typename_of
from router.query_plan.nodes import Items, OnTypes, Path

__all__ = ["Collect", "collect_anything", "compile_targets", "positions"]

Object = dict[str, Any]
Collect = Callable[[Object], list[Any]]


def compile_targets(targets: Sequence[Path]) -> Collect:
    """The objects at all ``targets``, in order, nulls left out: one generated comprehension per target.

    Written for data of the expected shape: other data raises TypeError or AttributeError, here or when the result
    is used, and then ``collect_anything`` is the one to ask. Objects usually have every key. Where one turns out to
    lack a key, as objects of other types do, the plan goes on with code that takes it for null.
    """
    walk = _compile(targets, "{0}[{1!r}]")

    def collect(root: Object) -> list[Any]:
        nonlocal walk
        try:
            return walk(root)
        except KeyError:
            walk = _compile(targets, "{0}.get({1!r})")
            return walk(root)

    return collect


def _compile(targets: Sequence[Path], access: str) -> Collect:
    walks = [_compile_walk(path, access) for path in targets]
    if len(walks) == 1:
        return walks[0]

    def walk_all(root: Object) -> list[Any]:
        found = []
        for walk in walks:
            found += walk(root)
        return found

    return walk_all


def _compile_walk(path: Path, access: str) -> Collect:
    source = Source()
    source.add(["def walk(root):", f" return [{_comprehension(path, access, source)}]"])
    walk: Collect = source.build("walk")
    return walk


def _comprehension(path: Path, access: str, source: Source) -> str:
    """A key and the list level right behind it are one clause; ``for v in [x]`` is Python's way to say ``v = x``."""
    clauses = ["for v0 in [root]"]
    index = 0
    while index < len(path):
        element, value, inner = path[index], f"v{len(clauses) - 1}", f"v{len(clauses)}"
        if isinstance(element, OnTypes):
            clauses[-1] += f" if {value}.get('__typename') in {source.constant('types', element.types)}"
        elif isinstance(element, Items):
            clauses.append(f"for {inner} in {value} if {inner} is not None")
        elif index + 1 < len(path) and isinstance(path[index + 1], Items):
            clauses.append(f"for {inner} in {access.format(value, element)} or () if {inner} is not None")
            index += 1
        else:
            clauses.append(f"for {inner} in [{access.format(value, element)}] if {inner} is not None")
        index += 1
    return f"v{len(clauses) - 1} {' '.join(clauses)}"


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
