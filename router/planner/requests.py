"""The fetch graph: requests with the steps they serve, and what has to run before what."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from router.planner.conditions import either
from router.planner.deferring import Block
from router.planner.representation import context_variables, representations
from router.planner.steps import Step
from router.query_plan.nodes import Conditions, ContextVariable, Representation

__all__ = ["Call", "FetchGraph", "Request", "fetch_graph"]


@dataclass(frozen=True, slots=True)
class Call:
    """Equal steps, asked as one: the first speaks for all."""

    steps: tuple[Step, ...]
    representations: tuple[Representation, ...]
    include: Conditions
    text: str
    """The printed selection set, given that ``include`` holds."""
    contexts: tuple[ContextVariable, ...] = ()

    @property
    def step(self) -> Step:
        """The step that speaks for all."""
        return self.steps[0]


@dataclass(eq=False, slots=True)
class Request:
    """One request: root fields (one call without representations) or entity calls."""

    number: int
    graph: str
    calls: tuple[Call, ...]
    after: set[Request] = field(default_factory=set)

    @property
    def block(self) -> Block:
        """The part of the plan it belongs to."""
        return self.calls[0].step.block

    @property
    def is_entity(self) -> bool:
        """Whether it asks for entities."""
        return bool(self.calls[0].representations)

    @property
    def include(self) -> Conditions:
        """When any call is wanted."""
        include = self.calls[0].include
        for call in self.calls[1:]:
            include = either(include, call.include)
        return include


@dataclass(frozen=True, slots=True)
class FetchGraph:
    """Requests in the order they were asked for; passes return a new one."""

    requests: tuple[Request, ...]

    def rounds(self) -> dict[Request, int]:
        """In which round each request can run at the earliest, counted from 0. O(rounds x dependencies)."""
        rounds: dict[Request, int] = {}
        pending = list(self.requests)
        while pending:
            ready = [request for request in pending if all(earlier in rounds for earlier in request.after)]
            for request in ready:
                rounds[request] = max((rounds[earlier] + 1 for earlier in request.after), default=0)
            pending = [request for request in pending if request not in rounds]
        return rounds

    def merge(self, groups: Iterable[tuple[list[Request], tuple[Call, ...]]]) -> FetchGraph:
        """Replace each group of requests by one request with the given calls. Groups must share a round."""
        merged: dict[Request, Request] = {}
        for requests, calls in groups:
            one = Request(requests[0].number, requests[0].graph, calls)
            merged.update(dict.fromkeys(requests, one))
        for old, new in merged.items():
            new.after |= {merged[earlier] for earlier in old.after}
        return FetchGraph(tuple(sorted(dict.fromkeys(merged.values()), key=lambda request: request.number)))


def fetch_graph(steps: Iterable[Step]) -> FetchGraph:
    """One request per step, printed: O(size of all selection sets)."""
    requests: dict[Step, Request] = {}
    for step in steps:
        include = step.position.wanted(step.selection.include())
        call = Call(
            (step,), representations(step), include, step.selection.print(include), context_variables(step, include)
        )
        requests[step] = Request(step.number, step.graph, (call,))
    for step, request in requests.items():
        request.after = {requests[earlier] for earlier in step.after}
    return FetchGraph(tuple(requests.values()))
