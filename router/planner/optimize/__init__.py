"""Passes over the fetch graph, one per module, in the order of ``PASSES``.

A pass takes a ``FetchGraph`` and returns one that answers the same with fewer requests in no more rounds.
"""

from __future__ import annotations

from collections.abc import Callable

from router.planner.optimize.batch_calls import batch_calls
from router.planner.optimize.share_targets import share_targets
from router.planner.requests import FetchGraph

__all__ = ["PASSES", "optimize"]

PASSES: tuple[Callable[[FetchGraph], FetchGraph], ...] = (
    share_targets,
    batch_calls,  # last: it makes requests with several calls, which no other pass looks into
)


def optimize(graph: FetchGraph) -> FetchGraph:
    """Run all passes."""
    for run in PASSES:
        graph = run(graph)
    return graph
