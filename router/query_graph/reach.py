"""Which subgraphs can be entered from where, and at what price in fetches.

The price is an estimate from below for choosing between alternatives; that something can be reached at all is exact.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from router.query_graph.edges import FieldEdge, KeyEdge
from router.query_graph.graph import QueryGraph
from router.supergraph import FieldSet, FieldSetField

__all__ = ["Reach", "Route", "Routes"]


@dataclass(frozen=True, slots=True)
class Route:
    """How to come to hold an object in a subgraph."""

    cost: int
    """Fetches it takes, those for the key included."""
    entry: KeyEdge | None = None
    """The jump to make; ``None`` when the object is there to begin with."""


Routes = Mapping[str, Route]
_REMEMBERED = 20_000
"""Answers kept; beyond it the memory starts anew, so that hostile operations cannot fill it."""
_Provided = Mapping[str, FieldSet]


class _Calculation(threading.local):
    """What the calculation under way in this thread is in the middle of."""

    def __init__(self) -> None:
        self.pending: set[object] = set()
        self.cut = False
        """Whether an answer was left out because it is pending: what follows from it is not to be remembered."""


class Reach:
    """Answers for one query graph, remembered. Contexts are not looked at: whether they are set depends on the path.

    May be asked by several threads at once: only what is remembered is shared, and that is never changed.
    """

    def __init__(self, graph: QueryGraph) -> None:
        self._graph = graph
        self._memory: dict[object, Routes] = {}
        self._calculation = _Calculation()

    def routes(
        self,
        type_name: str,
        held: Mapping[str, int],
        provided: _Provided | None = None,
        barred: frozenset[str] = frozenset(),
    ) -> Routes:
        """The subgraphs where an object of ``type_name`` can be held, given those where it is and what that cost.

        ``provided`` adds fields readable in a subgraph where the object is held; ``barred`` subgraphs are not entered.
        When it is not remembered, the type's keys (Federation, ``@key``) are tried again as long as one made a route
        cheaper, and nested fields of keys ask for the routes of their own types.
        """
        provided = provided or {}
        identity = (type_name, tuple(held.items()), tuple(provided.items()), barred)
        known = self._memory.get(identity)
        if known is not None:
            return known
        routes = {graph: Route(cost) for graph, cost in held.items()}
        now = self._calculation
        if identity in now.pending:
            now.cut = True
            return routes
        now.pending.add(identity)
        outer, now.cut = now.cut, False
        entries = [entry for entry in self._graph.entries(type_name) if entry.graph not in barred]
        try:
            while self._relax(type_name, routes, entries, provided):
                pass
        finally:
            now.pending.discard(identity)
        if not now.cut:
            if len(self._memory) >= _REMEMBERED:
                self._memory.clear()
            self._memory[identity] = routes
        now.cut = (outer or now.cut) and bool(now.pending)
        return routes

    def entry(self, type_name: str, graph: str, routes: Routes, provided: _Provided | None = None) -> Route | None:
        """The cheapest way to enter ``graph`` by a key, also when the object is held there already."""
        ways = self._entries(type_name, graph, routes, provided)
        return min(ways, key=lambda way: way.cost, default=None)

    def entries(self, type_name: str, graph: str, routes: Routes, provided: _Provided | None = None) -> list[KeyEdge]:
        """All keys by which ``graph`` can be entered, cheapest first."""
        ways = sorted(self._entries(type_name, graph, routes, provided), key=lambda way: way.cost)
        return [way.entry for way in ways if way.entry is not None]

    def _entries(self, type_name: str, graph: str, routes: Routes, provided: _Provided | None) -> Iterator[Route]:
        for entry in self._graph.entries(type_name):
            if entry.graph == graph:
                cost = self.cost(type_name, entry.key, routes, provided)
                if cost is not None:
                    yield Route(cost + 1, entry)

    def cost(self, type_name: str, fields: FieldSet, routes: Routes, provided: _Provided | None = None) -> int | None:
        """Fetches to obtain all of ``fields`` of an object; ``None`` when one cannot be obtained.

        Nested fields ask for the ``routes`` of each object type they may be of, in each subgraph that gives them.
        """
        used: dict[str, int] = {}
        nested = 0
        for field in fields:
            if field.types is not None and type_name not in field.types and self._graph.is_object(type_name):
                continue
            found = self._field_cost(type_name, field, routes, provided or {})
            if found is None:
                return None
            graph, route, below = found
            used[graph] = max(used.get(graph, 0), route)
            nested += below
        return sum(used.values()) + nested

    def _relax(self, type_name: str, routes: dict[str, Route], entries: list[KeyEdge], provided: _Provided) -> bool:
        changed = False
        for entry in entries:
            known = routes.get(entry.graph)
            if known is not None and known.cost <= 1:
                continue
            others = {graph: route for graph, route in routes.items() if graph != entry.graph}
            cost = self.cost(type_name, entry.key, others, provided)
            if cost is not None and (known is None or cost + 1 < known.cost):
                routes[entry.graph] = Route(cost + 1, entry)
                changed = True
        return changed

    def _field_cost(
        self, type_name: str, field: FieldSetField, routes: Routes, provided: _Provided
    ) -> tuple[str, int, int] | None:
        """The subgraph that gives the field, what going there costs, and what its selections cost beyond that."""
        held: dict[str, int] = {}
        targets: dict[str, str] = {}
        below: dict[str, FieldSet] = {}
        for edge in self._edges(type_name, field.name, provided):
            cost = self._edge_cost(type_name, edge, routes, provided)
            if cost is not None and (edge.graph not in held or cost < held[edge.graph]):
                held[edge.graph], targets[edge.graph] = cost, edge.target
                below[edge.graph] = (*edge.provides, *_below(provided.get(edge.graph, ()), field.name))
        if not held:
            return None
        best = min(held, key=lambda graph: held[graph])
        if not field.selections:
            return best, held[best], 0
        totals = {
            graph: total
            for graph in held
            if (total := self._nested_cost(targets[graph], graph, field.selections, held, below)) is not None
        }
        if not totals:
            return None
        best = min(totals, key=lambda graph: held[graph] + totals[graph])
        return best, held[best], totals[best]

    def _nested_cost(
        self, target: str, graph: str, fields: FieldSet, held: Mapping[str, int], provided: _Provided
    ) -> int | None:
        names = self._graph.possible_types(graph, target)
        if self._graph.is_interface_object(graph, target):
            names = frozenset((target,))
        worst = 0
        for name in names:
            free = {other: max(0, cost - held[graph]) for other, cost in held.items()}
            cost = self.cost(name, fields, self.routes(name, free, provided), provided)
            if cost is None:
                return None
            worst = max(worst, cost)
        return worst

    def _edges(self, type_name: str, field: str, provided: _Provided) -> list[FieldEdge]:
        edges = list(self._graph.resolvers(type_name, field))
        for graph, fields in provided.items():
            if any(found.name == field for found in fields):
                edge = self._graph.edge(graph, type_name, field)
                if edge is not None and edge.external:
                    edges.append(FieldEdge(graph, type_name, field, edge.target, edge.shape))
        return edges

    def _edge_cost(self, type_name: str, edge: FieldEdge, routes: Routes, provided: _Provided) -> int | None:
        if not edge.by_entry_only:
            route = routes.get(edge.graph)
            return None if route is None else route.cost
        identity = ("requires", type_name, edge.graph, edge.field)
        now = self._calculation
        if identity in now.pending:
            now.cut = True
            return None
        now.pending.add(identity)
        try:
            entry = self.entry(type_name, edge.graph, routes, provided)
            needed = self.cost(type_name, edge.requires, routes, provided)
        finally:
            now.pending.discard(identity)
        return None if entry is None or needed is None else entry.cost + needed


def _below(provided: FieldSet, name: str) -> FieldSet:
    return tuple(below for field in provided if field.name == name for below in field.selections)
