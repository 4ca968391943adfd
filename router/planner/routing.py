"""Where the objects of a position are held, and by which routes they can be held elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from router.planner.deferring import Block
from router.planner.edges import Edges
from router.planner.steps import Position, Source
from router.query_graph import FieldEdge, KeyEdge, QueryGraph, Reach, Route
from router.query_graph.reach import Routes
from router.supergraph import FieldSet

__all__ = ["Routing"]


@dataclass(slots=True)
class _Remembered:
    """Routes, and the versions in which they were found and last seen to be still right."""

    routes: Routes
    found: int
    checked: int


class Routing:
    """Routes in the state of one plan being built. ``changed`` must be called when a position got a source.

    ``block`` is the one that fields are placed in at the moment.
    """

    def __init__(self, graph: QueryGraph, reach: Reach, edges: Edges, block: Block) -> None:
        self.block = block
        self._graph = graph
        self._reach = reach
        self._edges = edges
        self._version = 0
        self._versions: dict[Position, int] = {}
        self._routes: dict[tuple[Position, str, Block], _Remembered] = {}
        self._barred: dict[Position, list[str]] = {}

    @contextmanager
    def within(self, block: Block) -> Iterator[None]:
        """Place fields in another block for a while."""
        before, self.block = self.block, block
        try:
            yield
        finally:
            self.block = before

    def changed(self, position: Position) -> None:
        """Forget the routes here and below: more is held than before."""
        self._version += 1
        self._versions[position] = self._version

    def bar(self, position: Position, graph: str) -> None:
        """Do not enter ``graph`` here while its own key is looked for."""
        self._barred.setdefault(position, []).append(graph)
        self.changed(position)

    def unbar(self, position: Position) -> None:
        """Undo the last ``bar`` here."""
        self._barred[position].pop()
        self.changed(position)

    def is_barred(self, position: Position, graph: str) -> bool:
        """Whether ``graph`` may not be entered here at the moment."""
        return graph in self._barred.get(position, ())

    def routes(self, position: Position, type_name: str) -> Routes:
        """Where objects of a type are or can be held at a position.

        Remembered until the position or one above it changes, which takes O(depth) to know. When it is found anew, each
        subgraph is looked at for each type of the objects above.
        """
        identity = (position, type_name, self.block)
        known = self._routes.get(identity)
        if known is not None:
            if known.checked == self._version:
                return known.routes
            if self._changed_at(position) <= known.found:
                known.checked = self._version
                return known.routes
        found = self._version
        routes = self._find_routes(position, type_name)
        self._routes[identity] = _Remembered(routes, found, found)
        return routes

    def entry(self, position: Position, type_name: str, graph: str) -> Route | None:
        """The cheapest way into ``graph`` by a key. Its fields are not to be had by walking there: ``graph`` is barred
        while they are looked for."""
        routes = self._routes_to_key(position, type_name, graph)
        return self._reach.entry(type_name, graph, routes, self.provided(position, type_name))

    def entries(self, position: Position, type_name: str, graph: str) -> list[KeyEdge]:
        """The keys by which ``graph`` can be entered, cheapest first."""
        routes = self._routes_to_key(position, type_name, graph)
        return self._reach.entries(type_name, graph, routes, self.provided(position, type_name))

    def _routes_to_key(self, position: Position, type_name: str, graph: str) -> Routes:
        routes = self.routes(position, type_name)
        walked = routes.get(graph)
        if walked is not None and walked.entry is None and position.parent is not None:
            held = any(source.graph == graph and type_name in source.types for source in position.visible(self.block))
            if not held:
                return self._find_routes(position, type_name, frozenset((graph,)))
        return routes

    def own(self, position: Position, graph: str, type_name: str) -> Source | None:
        """The first hold of a subgraph on objects of a type that is the block's own, not one it may only read from."""
        for source in position.sources:
            if source.graph == graph and type_name in source.types and source.step.block is self.block:
                return source
        return None

    def known(self, position: Position, graph: str, type_name: str) -> Source | None:
        """The first hold to add fields to: the block's own, else one it may read from."""
        own = self.own(position, graph, type_name)
        if own is not None or position.parent is None:
            return own
        visible = position.visible(self.block)
        return next((found for found in visible if found.graph == graph and type_name in found.types), None)

    def provided(self, position: Position, type_name: str) -> dict[str, FieldSet]:
        """By subgraph, what ``@provides`` above makes readable of a position's objects."""
        found: dict[str, FieldSet] = {}
        for source in position.visible(self.block):
            if source.provided and type_name in source.types:
                found[source.graph] = (*found.get(source.graph, ()), *source.provided)
        return found

    def _changed_at(self, position: Position) -> int:
        """When this position or one above it last changed. O(depth)."""
        latest, above = 0, position
        while above.parent is not None:
            latest = max(latest, self._versions.get(above, 0))
            above = above.parent
        return max(latest, self._versions.get(above, 0))

    def _find_routes(self, position: Position, type_name: str, not_walked: frozenset[str] = frozenset()) -> Routes:
        if position.parent is None:
            return {
                graph: Route(0 if self.own(position, graph, type_name) else 1)
                for graph in self._graph.graphs
                if self._graph.knows(graph, type_name)
            }
        barred = not_walked.union(self._barred.get(position, ()))
        held = {source.graph: 0 for source in position.visible(self.block) if type_name in source.types}
        for graph, cost in self._walks(position, type_name):
            if graph not in barred:
                held.setdefault(graph, cost)
        return self._reach.routes(type_name, held, self.provided(position, type_name), barred)

    def _walks(self, position: Position, type_name: str) -> Iterator[tuple[str, int]]:
        """Subgraphs where the objects can be held by asking the field above them there, too."""
        parent, field = position.parent, position.field
        if parent is None or field is None or position.pinned:
            return
        routes = {name: self.routes(parent, name) for name in sorted(position.parent_types)}
        for graph in self._graph.graphs:
            cost = -1
            for name, found in routes.items():
                edge = self._edges.direct(graph, name, field)
                if edge is None or graph not in found or not self._returns(edge, type_name):
                    break
                cost = max(cost, found[graph].cost)
            else:
                if cost >= 0:
                    yield graph, cost

    def _returns(self, edge: FieldEdge, type_name: str) -> bool:
        return edge.target == type_name or type_name in self._graph.possible_types(edge.graph, edge.target)
