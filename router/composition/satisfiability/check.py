"""Decides which walks are needed and turns what they find into errors and hints."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from router.composition.errors import CompositionError
from router.composition.hints import Hint
from router.composition.satisfiability.explain import explain_failure, explain_shared_types
from router.composition.satisfiability.missing_link import Repairs, find_repairs
from router.composition.satisfiability.options import Options
from router.composition.satisfiability.walk import Walk
from router.query_graph import QueryGraph
from router.supergraph import Supergraph

__all__ = ["check_satisfiability"]

_LABELS_TRIED_TOGETHER = 4
"""With more override labels only none, each alone and all are tried: combinations double with each."""


def check_satisfiability(
    supergraph: Supergraph, max_states: int | None = None
) -> tuple[list[CompositionError], list[Hint]]:
    """Errors for API queries that cannot be planned: SATISFIABILITY_ERROR, SHAREABLE_HAS_MISMATCHED_RUNTIME_TYPES, and
    MAX_VALIDATION_SUBGRAPH_PATHS_EXCEEDED for a walk of more than ``max_states`` states.

    Cost: one visit per type and distinct way of holding it, anew for each set of override labels that is tried: of n
    labels 2^n sets up to n = 4, n + 2 beyond. What fails costs the search for repairs on top (``find_repairs``).
    """
    errors: dict[tuple[str, ...], CompositionError] = {}
    hints: dict[str, Hint] = {}
    failed: set[str] = set()
    for labels in _label_sets(supergraph):
        options = Options(QueryGraph(supergraph, labels))
        walk = Walk(supergraph.api_schema, options)
        if not walk.run(max_states):
            message = f"Satisfiability was not decided within {max_states} states: raise the limit or simplify keys."
            return [CompositionError("MAX_VALIDATION_SUBGRAPH_PATHS_EXCEEDED", message)], []
        new = {key: failure for key, failure in walk.failures.items() if failure.coordinate not in failed}
        repairs = find_repairs(supergraph, options, walk, labels, max_states) if new else Repairs()
        for key, failure in new.items():
            failed.add(failure.coordinate)
            links = [edit.sentence(supergraph) for edit in repairs.edits.get(key, ())]
            error = explain_failure(options, failure, links)
            errors.setdefault(error.coordinates, error)
        for coordinate, shared in walk.shared.items():
            message = explain_shared_types(shared)
            if shared.disjoint:
                code = "SHAREABLE_HAS_MISMATCHED_RUNTIME_TYPES"
                message += "At least one type must be common to all of them."
                errors.setdefault((code, coordinate), CompositionError(code, message, (coordinate,)))
            else:
                message += "Make sure that they give the same type for the same object."
                code = "INCONSISTENT_RUNTIME_TYPES_FOR_SHAREABLE_RETURN"
                hints.setdefault(coordinate, Hint(code, message, coordinate))
    return list(errors.values()), list(hints.values())


def _label_sets(supergraph: Supergraph) -> Iterator[frozenset[str]]:
    labels = sorted(
        {
            join.override_label
            for type_ in supergraph.types.values()
            for field in type_.fields.values()
            for join in field.joins.values()
            if join.override_label is not None
        }
    )
    sizes = range(len(labels) + 1) if len(labels) <= _LABELS_TRIED_TOGETHER else (0, 1, len(labels))
    for size in sizes:
        for chosen in combinations(labels, size):
            yield frozenset(chosen)
