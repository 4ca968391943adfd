"""The shortest missing link: the smallest change to the subgraphs after which a failing query can be planned.

Nothing is guessed: a change is proposed only after a walk over the supergraph that it would give.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from router.composition.satisfiability.candidates import candidate_edits
from router.composition.satisfiability.edits import Edit, with_edits
from router.composition.satisfiability.options import Options
from router.composition.satisfiability.walk import Failure, Walk
from router.query_graph import QueryGraph
from router.supergraph import Supergraph

__all__ = ["Repairs", "find_repairs"]

_WORK = 100_000
"""Fields of query graphs that are built to try changes: some seconds. Small schemas are searched to the end."""
_TRIED_PER_FAILURE = 12

Coordinate = tuple[str, str | None]


@dataclass
class Repairs:
    """For failing coordinates, the changes to make. All of them together leave no failure if ``complete``."""

    edits: dict[Coordinate, list[Edit]] = field(default_factory=dict)
    complete: bool = False


@dataclass(frozen=True)
class _State:
    """The supergraph after some edits, and what fails in it."""

    supergraph: Supergraph
    options: Options
    failures: dict[Coordinate, Failure]


def find_repairs(
    supergraph: Supergraph, options: Options, walk: Walk, labels: frozenset[str], max_states: int | None
) -> Repairs:
    """Repair one failure after the other, each in the supergraph that the repairs before it gave.

    Each change that is tried costs a query graph and, unless the field still cannot be read, a whole walk. At most
    twelve are tried per failure, and as many over all failures as ``_WORK`` allows, but two at least. A change whose
    walk takes more than ``max_states`` is no repair.
    """
    repairs = Repairs()
    state: _State | None = _State(supergraph, options, walk.failures)
    allowance = max(2, _WORK // max(1, sum(1 for _ in options.graph.edges())))
    coordinate: Coordinate | None = None
    tried = 0
    while state is not None and state.failures:
        failure = next(iter(state.failures.values()))
        identity = (failure.type_name, failure.field)
        coordinate = identity if identity in walk.failures or coordinate is None else coordinate
        following: _State | None = None
        for edits in _unique(candidate_edits(state.options, failure)):
            if tried >= allowance:
                break
            tried += 1
            found = _repaired(state, failure, edits, labels, max_states)
            if found is not None and (following is None or len(found.failures) < len(following.failures)):
                following, chosen = found, edits
                if len(found.failures) < len(state.failures):
                    break
        if following is not None:
            repairs.edits.setdefault(coordinate, []).extend(chosen)
        state = following
    repairs.complete = state is not None
    return repairs


def _unique(candidates: Iterator[tuple[Edit, ...]]) -> list[tuple[Edit, ...]]:
    """The smallest first; equals in order of finding."""
    distinct = dict.fromkeys(candidates)
    return sorted(distinct, key=lambda edits: sum(edit.size for edit in edits))[:_TRIED_PER_FAILURE]


def _repaired(
    state: _State, failure: Failure, edits: tuple[Edit, ...], labels: frozenset[str], max_states: int | None
) -> _State | None:
    """The state after the edits, if the failing query can be planned in it."""
    supergraph = with_edits(state.supergraph, edits)
    options = Options(QueryGraph(supergraph, labels))
    if failure.field is not None and not any(
        options.reading(failure.type_name, failure.field, holding) for holding in failure.holdings
    ):
        return None
    walk = Walk(supergraph.api_schema, options)
    if not walk.run(max_states):
        return None
    again = walk.failures.get((failure.type_name, failure.field))
    if again is not None and again.path == failure.path:
        return None
    return _State(supergraph, options, walk.failures)
