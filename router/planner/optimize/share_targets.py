"""Equal entity fetches of one round become one call with several targets.

``{ a: product(...) { stock } b: product(...) { stock } }`` asks the stock of both products at once: same subgraph, same
representations, same selection, two paths.
"""

from __future__ import annotations

from dataclasses import replace

from router.planner.requests import Call, FetchGraph, Request

__all__ = ["share_targets"]


def share_targets(graph: FetchGraph) -> FetchGraph:
    """Merge requests that differ in their paths only. Besides finding the rounds, one look at each request's text."""
    rounds = graph.rounds()
    groups: dict[object, list[Request]] = {}
    for request in graph.requests:
        call = request.calls[0]
        alike: object = request
        if request.is_entity:
            round_ = request.block, rounds[request]
            alike = (*round_, request.graph, call.representations, call.text, call.include, call.contexts)
        groups.setdefault(alike, []).append(request)
    return graph.merge((same, (_joined(same),)) for same in groups.values())


def _joined(requests: list[Request]) -> Call:
    first = requests[0].calls[0]
    steps = tuple(step for request in requests for step in request.calls[0].steps)
    return replace(first, steps=steps)
