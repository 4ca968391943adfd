"""Searching for the cheapest plan: build one by the best-looking moves, then try the other choices it left open."""

from __future__ import annotations

from dataclasses import dataclass
from heapq import heappop, heappush

from router.planner.budget import Budget
from router.planner.choices import Choices
from router.planner.deferring import Blocks
from router.planner.edges import Edges
from router.planner.errors import UnsatisfiableError
from router.planner.moves import Moves
from router.planner.operation import Field, Operation
from router.planner.optimize import optimize
from router.planner.placing import Placing
from router.planner.requests import FetchGraph, Request, fetch_graph
from router.planner.routing import Routing
from router.planner.steps import Position
from router.query_graph import QueryGraph, Reach

__all__ = ["Built", "Search"]


@dataclass(frozen=True, slots=True)
class Built:
    """One complete plan before it is emitted."""

    root: Position
    graph: FetchGraph
    blocks: Blocks
    cost: tuple[int, int, int]
    """Requests, rounds, selected fields: compared in this order."""

    @property
    def requests(self) -> int:
        """How many the plan consists of."""
        return self.cost[0]

    @property
    def primary(self) -> list[Request]:
        """The requests that no ``@defer`` delays."""
        return [request for request in self.graph.requests if request.block is self.blocks.primary]


class Search:
    """Finds plans for selections of one operation within its budget."""

    def __init__(self, graph: QueryGraph, reach: Reach, operation: Operation, budget: Budget) -> None:
        self._graph = graph
        self._reach = reach
        self._operation = operation
        self._budget = budget

    def best(self, fields: tuple[Field, ...]) -> Built:
        """The cheapest plan found for root fields. Raises ``UnsatisfiableError`` and ``PlanningBudgetError``.

        Best first: what is built next differs in one choice from the cheapest plan that has such a variation left, and
        so every combination of choices is come to. No plan has fewer requests than the one found, or as many in fewer
        rounds, unless the budget ends before the choices do; how many there are grows exponentially with the fields
        that several subgraphs give.
        """
        search = _Frontier()
        before = self._budget.moves
        best = self._build(fields, search.first)
        effort = self._budget.moves - before
        least = self._least(fields)
        search.vary(search.first, best)
        plans = 1
        while best.cost[:2] > least and self._budget.allows_another_plan(plans, effort):
            choices = search.next()
            if choices is None:
                break
            plans += 1
            try:
                built = self._build(fields, choices)
            except UnsatisfiableError:
                continue
            search.vary(choices, built)
            best = min(best, built, key=lambda one: one.cost)
        return best

    def _least(self, fields: tuple[Field, ...]) -> tuple[int, int]:
        """A bound from below for requests and rounds, found greedily: it need not be the best one.

        A plan asks as many subgraphs as there are fields of which no two are had by the same one. It takes one round
        more each time no subgraph has all fields that follow each other on the way down. Only fields count that every
        object at their place has to say.
        """
        needed: set[frozenset[str]] = set()
        rounds = 1
        waiting = [(field, frozenset[str](), 1) for field in fields]
        while waiting:
            field, giving, round_ = waiting.pop()
            if field.origin != "data" or field.types is not None:
                continue
            having = self._graph.having(field.parent_type, field.name)
            both = giving & having if giving else having
            if having and not both:
                round_ += 1
            rounds = max(rounds, round_)
            needed.add(having)
            waiting += [(inner, both or having, round_) for inner in field.selections]
        return max(1, _had_apart(needed - {frozenset()})), rounds

    def _build(self, fields: tuple[Field, ...], choices: Choices) -> Built:
        self._budget.plans += 1
        blocks = Blocks()
        edges = Edges(self._graph)
        routing = Routing(self._graph, self._reach, edges, blocks.primary)
        moves = Moves(self._graph, self._reach, self._budget, edges, routing)
        placing = Placing(self._graph, moves, choices, blocks, self._operation)
        placing.want_all(fields)
        graph = optimize(fetch_graph(placing.steps))
        rounds = max(graph.rounds().values(), default=-1) + 1
        size = sum(step.selection.size() for step in placing.steps)
        return Built(placing.root, graph, blocks, (len(graph.requests), rounds, size))


def _had_apart(needed: set[frozenset[str]]) -> int:
    """How many of the sets can be taken of which no two share a subgraph; the smallest are taken first."""
    taken: set[str] = set()
    number = 0
    for having in sorted(needed, key=lambda graphs: (len(graphs), sorted(graphs))):
        if taken.isdisjoint(having):
            taken |= having
            number += 1
    return number


class _Frontier:
    """The choices not yet tried, those next to cheap plans first."""

    def __init__(self) -> None:
        self.first = Choices()
        self._tried = {self.first.identity}
        self._waiting: list[tuple[int, tuple[int, int, int], int, Choices]] = []

    def vary(self, choices: Choices, built: Built) -> None:
        """Try later what differs in one choice from what was built."""
        for other in choices.variations():
            if other.identity not in self._tried:
                self._tried.add(other.identity)
                rank = built.requests + other.unlikely
                heappush(self._waiting, (rank, built.cost, len(self._tried), other))

    def next(self) -> Choices | None:
        """The most promising choices; ``None``: there are no others."""
        return heappop(self._waiting)[-1] if self._waiting else None
