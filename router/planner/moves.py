"""Which moves lead to a field from where its parent object is held, ranked by what they cost."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from graphql import get_named_type, is_abstract_type

from router.planner.below_cost import BelowCost
from router.planner.budget import Budget
from router.planner.edges import Edges
from router.planner.inheriting import find_setters
from router.planner.operation import Field
from router.planner.providing import is_provided, provided_below
from router.planner.routing import Routing
from router.planner.steps import Position, Source
from router.query_graph import FieldEdge, KeyEdge, QueryGraph, Reach
from router.query_graph.reach import Routes

__all__ = ["Move", "Moves"]


@dataclass(frozen=True, slots=True)
class Move:
    """One way to read a field of the objects of one type at a position."""

    edge: FieldEdge
    cost: int
    """Fetches it adds."""
    below: int
    """Fetches that the field's selections will at least add after it."""
    source: Source | None = None
    """Where it can be read at once."""
    entry: KeyEdge | None = None
    """By which key its subgraph is entered; neither source nor entry: the field above is asked there, too."""

    @property
    def rank(self) -> tuple[int, int]:
        """Smaller is better."""
        return self.cost + self.below, self.cost


class Moves:
    """Moves in the state of one plan being built."""

    def __init__(self, graph: QueryGraph, reach: Reach, budget: Budget, edges: Edges, routing: Routing) -> None:
        self._graph = graph
        self._reach = reach
        self._budget = budget
        self._edges = edges
        self.routing = routing
        self._below = BelowCost(graph)
        self._resolving: list[tuple[Position, str, str]] = []

    def begin(self, position: Position, edge: FieldEdge) -> None:
        """While the field's ``@requires`` is looked for, the field itself is no way to it."""
        self._resolving.append((position, edge.graph, edge.field))

    def end(self) -> None:
        """Undo the last ``begin``."""
        self._resolving.pop()

    def to(self, position: Position, field: Field, type_name: str, types: frozenset[str]) -> list[Move]:
        """The moves to a field for objects of ``type_name``, best first; ``types`` are all it is wanted for.

        One move of the budget for the type and one for each subgraph that gives the field; raises
        ``PlanningBudgetError``.
        """
        self._budget.move()
        allowed = self._edges.allowed(field, type_name)
        found = list(self._held(position, field, type_name, allowed))
        if found and not found[0].below and not is_abstract_type(get_named_type(field.type)):
            return found[:1]
        reached = {move.edge.graph for move in found}
        routes = self.routing.routes(position, type_name)
        for edge in allowed:
            self._budget.move()
            if edge.by_entry_only:
                found += self._by_requirement(position, field, type_name, edge, routes)
            elif edge.graph not in reached:
                found += self._by_route(position, field, type_name, edge, routes, types)
        return sorted(found, key=lambda move: move.rank)

    def held_by_all(self, position: Position, field: Field, types: frozenset[str]) -> Move | None:
        """The move to a leaf that one source gives for all of several types, without a look at each of them."""
        if field.selections:
            return None
        for source in position.visible(self.routing.block):
            if not types <= source.types or source.opaque or source.provided:
                continue
            edge = self._edges.plain(source.graph, field, types)
            if edge is not None and not self._is_read_again(position, source, field, min(types)):
                self._budget.move()
                return Move(edge, 0, 0, source)
            return None
        return None

    def _is_read_again(self, position: Position, source: Source, field: Field, type_name: str) -> bool:
        """Whether a delayed field is not to be read where an earlier block holds its object, but by entering the
        subgraph once more, so that it does not hold up what is not delayed. Key fields cost nothing to read."""
        if source.step.block is self.routing.block or source.opaque or field.internal:
            return False
        entries = self._graph.entries(type_name)
        if not field.selections and any(field.name == key.name for entry in entries for key in entry.key):
            return False
        if position.parent is None:
            return True
        return self.routing.entry(position, type_name, source.graph) is not None

    def _held(self, position: Position, field: Field, type_name: str, allowed: list[FieldEdge]) -> Iterator[Move]:
        found = []
        for source in position.visible(self.routing.block):
            if type_name not in source.types:
                continue
            if self._is_read_again(position, source, field, type_name):
                continue
            edge = self._graph.edge(source.graph, source.type if source.opaque else type_name, field.name)
            if edge is None:
                continue
            covered = is_provided(source.provided, type_name, field.name)
            if (covered and not edge.contexts) or (edge in allowed and not edge.by_entry_only):
                provided = provided_below(source.provided, edge, type_name)
                found.append(Move(edge, 0, self._below.of(field, edge, provided), source))
        yield from sorted(found, key=lambda move: move.rank)

    def _by_requirement(
        self, position: Position, field: Field, type_name: str, edge: FieldEdge, routes: Routes
    ) -> Iterator[Move]:
        if (position, edge.graph, edge.field) in self._resolving or self.routing.is_barred(position, edge.graph):
            return
        entry = self.routing.entry(position, type_name, edge.graph)
        cost = self._reach.cost(type_name, edge.requires, routes, self.routing.provided(position, type_name))
        above = self._inherited_cost(position, edge)
        if entry is not None and entry.entry is not None and cost is not None and above is not None:
            below = self._below.of(field, edge, edge.provides)
            yield Move(edge, entry.cost + cost + above, below, entry=entry.entry)

    def _inherited_cost(self, position: Position, edge: FieldEdge) -> int | None:
        """Fetches for the contexts a field uses; ``None`` when one is not set above or cannot be read there."""
        total = 0
        for argument in edge.contexts:
            setters = find_setters(self._graph.schema, position, argument)
            if setters is None:
                return None
            for setter in setters:
                above = setter.position
                costs = [
                    self._reach.cost(name, fields, self.routing.routes(above, name), self.routing.provided(above, name))
                    for name, fields in argument.selections
                    if any(name in types for types, _ in setter.values)
                ]
                known = [cost for cost in costs if cost is not None]
                if len(known) < len(costs):
                    return None
                total += max(known, default=0)
        return total

    def _by_route(
        self,
        position: Position,
        field: Field,
        type_name: str,
        edge: FieldEdge,
        routes: Routes,
        types: frozenset[str],
    ) -> Iterator[Move]:
        route = routes.get(edge.graph)
        if route is None:
            return
        if route.entry is None and position.parent is not None:
            held = self.routing.known(position, edge.graph, type_name)
            if held is not None and self._is_read_again(position, held, field, type_name):
                route = self.routing.entry(position, type_name, edge.graph) or route
        if route.entry is None and any(
            self._edges.direct(edge.graph, name, field) is None for name in types
        ):  # the field above cannot be asked there for all types at once; objects of this one may be entered
            entered = self.routing.entry(position, type_name, edge.graph) if position.parent is not None else None
            if entered is None:
                return
            route = entered
        yield Move(edge, route.cost, self._below.of(field, edge, edge.provides), entry=route.entry)
