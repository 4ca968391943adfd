"""Whether objects of one entity may share what a call answered for it.

Equal representations are sent once, and the answer goes to every object they came from. Sharing its inner objects
saves copies. It would be wrong when a later call writes into them seen from one target only: the other target's
selection may have other arguments behind the same source keys. A call whose answers depend on what is above its
entities writes differently even into what is seen from one target.
"""

from __future__ import annotations

from collections.abc import Sequence

from router.query_plan.nodes import EntityCall, OnTypes, Path

__all__ = ["must_isolate"]


def must_isolate(call: EntityCall, calls: Sequence[EntityCall]) -> bool:
    """Whether some call of the plan goes on below a target of ``call`` in a way it does not below the others.

    O(calls x targets²) path comparisons, once per plan.
    """
    for other in calls:
        if other is call:
            continue
        if other.contexts and any(_behind(target, other.targets) for target in call.targets):
            return True
        if len(call.targets) == 1:
            continue
        behind = {frozenset(_behind(target, other.targets)) for target in call.targets}
        if len(behind) > 1:
            return True
    return False


def _behind(target: Path, paths: Sequence[Path]) -> list[Path]:
    """What follows ``target`` in those paths that lead through it; type conditions on the way do not count."""
    found = []
    for path in paths:
        rest = list(path)
        for element in target:
            if isinstance(element, OnTypes):
                continue
            while rest and isinstance(rest[0], OnTypes):
                del rest[0]
            if not rest or rest.pop(0) != element:
                break
        else:
            found.append(tuple(rest))
    return found
