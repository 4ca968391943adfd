"""Searching for the cheapest plan: build one by the best-looking moves, then try every other choice it left open."""

from __future__ import annotations

from dataclasses import dataclass

from router.planner.budget import Budget
from router.planner.choices import Choices
from router.planner.choosing import Choosing
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
        """The cheapest plan found for root fields. Each improvement is the start of a new round of variations."""
        before = self._budget.moves
        choices = Choices()
        best = self._build(fields, choices)
        effort = self._budget.moves - before
        tried: set[frozenset[tuple[int, int]]] = set()
        improved = True
        while improved:
            improved = False
            for script in choices.variations():
                identity = frozenset(script.items())
                if identity in tried or not self._budget.allows_another_plan(effort):
                    continue
                tried.add(identity)
                other = Choices(script)
                try:
                    built = self._build(fields, other)
                except UnsatisfiableError:
                    continue
                if built.cost < best.cost:
                    best, choices, improved = built, other, True
                    break
        return best

    def _build(self, fields: tuple[Field, ...], choices: Choices) -> Built:
        self._budget.plans += 1
        blocks = Blocks()
        edges = Edges(self._graph)
        routing = Routing(self._graph, self._reach, edges, blocks.primary)
        moves = Moves(self._graph, self._reach, self._budget, edges, routing)
        placing = Placing(self._graph, moves, Choosing(self._graph, moves, choices), blocks, self._operation)
        placing.want_all(fields)
        graph = optimize(fetch_graph(placing.steps))
        rounds = max(graph.rounds().values(), default=-1) + 1
        size = sum(step.selection.size() for step in placing.steps)
        return Built(placing.root, graph, blocks, (len(graph.requests), rounds, size))
