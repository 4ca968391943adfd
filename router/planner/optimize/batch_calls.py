"""Entity fetches of one round to one subgraph become one request with several ``_entities`` calls.

Fewer round trips, and the subgraph can batch its loading over all of them.
"""

from __future__ import annotations

from router.planner.requests import FetchGraph, Request

__all__ = ["batch_calls"]


def batch_calls(graph: FetchGraph) -> FetchGraph:
    """Merge entity requests to the same subgraph in the same round. Besides finding the rounds, O(calls)."""
    rounds = graph.rounds()
    groups: dict[object, list[Request]] = {}
    for request in graph.requests:
        together: object = (request.block, rounds[request], request.graph) if request.is_entity else request
        groups.setdefault(together, []).append(request)
    return graph.merge((same, tuple(call for one in same for call in one.calls)) for same in groups.values())
