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
    walk = _compile(targets, "{0}[{1}]")

    def collect(root: Object) -> list[Any]:
        nonlocal walk
        try:
            return walk(root)
        except KeyError:
            walk = _compile(targets, "{0}.get({1})")
            return walk(root)

    return collect


def _compile(targets: Sequence[Path], access: str) -> Collect:
    made: dict[str, Callable[..., Collect]] = {}
    walks = []
    for path in targets:
        comprehension, values = _comprehension(path, access)
        if comprehension not in made:
            made[comprehension] = _compile_walk(comprehension, len(values))
        walks.append(made[comprehension](*values))
    if len(walks) == 1:
        return walks[0]

    def walk_all(root: Object) -> list[Any]:
        found = []
        for walk in walks:
            found += walk(root)
        return found

    return walk_all


def _compile_walk(comprehension: str, values: int) -> Callable[..., Collect]:
    """What makes the function for a path of its keys and types: paths of one form, as below aliases, differ in those
    only, and are compiled once."""
    source = Source()
    parameters = ", ".join(f"k{number}" for number in range(values))
    source.add([f"def made({parameters}):", " def walk(root):", f"  return [{comprehension}]", " return walk"])
    made: Callable[..., Collect] = source.build("made")
    return made


def _comprehension(path: Path, access: str) -> tuple[str, list[Any]]:
    """A key and the list level right behind it are one clause; ``for v in [x]`` is Python's way to say ``v = x``. With
    the values of the names ``k0``, ``k1`` … in it."""
    clauses = ["for v0 in [root]"]
    values: list[Any] = []
    index = 0
    while index < len(path):
        element, value, inner = path[index], f"v{len(clauses) - 1}", f"v{len(clauses)}"
        known = f"k{len(values)}"
        if isinstance(element, OnTypes):
            values.append(element.types)
            clauses[-1] += f" if {value}.get('__typename') in {known}"
        elif isinstance(element, Items):
            clauses.append(f"for {inner} in {value} if {inner} is not None")
        else:
            values.append(element)
            if index + 1 < len(path) and isinstance(path[index + 1], Items):
                clauses.append(f"for {inner} in {access.format(value, known)} or () if {inner} is not None")
                index += 1
            else:
                clauses.append(f"for {inner} in [{access.format(value, known)}] if {inner} is not None")
        index += 1
    return f"v{len(clauses) - 1} {' '.join(clauses)}", values


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
