"""Whether objects of one entity may share what a call answered for it.

Equal representations are sent once, and the answer goes to every object they came from. Sharing its inner objects
saves copies. It would be wrong when a later call writes into them seen from one target only: the other target's
selection may have other arguments behind the same source keys. A call whose answers depend on what is above its
entities writes differently even into what is seen from one target.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from router.query_plan.nodes import EntityCall, Items, OnTypes, Path

__all__ = ["Sharing"]


class Sharing:
    """What the calls of one plan have to do with each other. Built in time and space O(targets x depth)."""

    def __init__(self, calls: Sequence[EntityCall]) -> None:
        self._behind: dict[Path, dict[int, set[Path]]] = {}
        self._contextual: set[int] = set()
        for call in calls:
            if call.contexts:
                self._contextual.add(id(call))
            for target in call.targets:
                for plain, rest in _splits(target):
                    self._behind.setdefault(plain, {}).setdefault(id(call), set()).add(rest)

    def must_isolate(self, call: EntityCall) -> bool:
        """Whether some call of the plan goes on below a target of ``call`` in a way it does not below the others."""
        ways = [self._ways(call, target) for target in call.targets]
        if any(not self._contextual.isdisjoint(way) for way in ways):
            return True
        return any(way != ways[0] for way in ways[1:])

    def _ways(self, call: EntityCall, target: Path) -> dict[int, set[Path]]:
        """By other call, what follows a target in its paths."""
        plain = tuple(element for element in target if not isinstance(element, OnTypes))
        behind = self._behind.get(plain, {})
        return {other: rests for other, rests in behind.items() if other != id(call)}


def _splits(path: Path) -> Iterator[tuple[Path, Path]]:
    """Every beginning of a path, without its type conditions, and what follows; these begin where an element ends."""
    plain: list[str | Items] = []
    yield (), path
    for index, element in enumerate(path):
        if not isinstance(element, OnTypes):
            plain.append(element)
            yield tuple(plain), path[index + 1 :]
