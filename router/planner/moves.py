"""Which moves lead to a field from where its parent object is held, ranked by what they cost."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from graphql import get_named_type, is_abstract_type

from router.planner.budget import Budget
from router.planner.deferring import Block
from router.planner.inheriting import find_setters
from router.planner.operation import Field
from router.planner.steps import Position, Source
from router.query_graph import FieldEdge, KeyEdge, QueryGraph, Reach, Route
from router.query_graph.reach import Routes
from router.supergraph import FieldSet

__all__ = ["Move", "Moves", "provided_below"]


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


@dataclass(slots=True)
class _Remembered:
    """Routes, and the versions in which they were found and last seen to be still right."""

    routes: Routes
    found: int
    checked: int


class Moves:
    """Moves in the state of one plan being built. ``changed`` must be called when a position got a source.

    ``block`` is the one that fields are placed in at the moment.
    """

    def __init__(self, graph: QueryGraph, reach: Reach, budget: Budget, block: Block) -> None:
        self.block = block
        self._graph = graph
        self._reach = reach
        self._budget = budget
        self._version = 0
        self._versions: dict[Position, int] = {}
        self._edges: dict[tuple[str, str, str, bool], list[FieldEdge]] = {}
        self._plain: dict[tuple[str, frozenset[str], str, str], FieldEdge | None] = {}
        self._routes: dict[tuple[Position, str, Block], _Remembered] = {}
        self._below: dict[tuple[str, str, tuple[Field, ...], FieldSet], int] = {}
        self._barred: dict[Position, list[str]] = {}
        self._resolving: list[tuple[Position, str, str]] = []

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

    def _changed_at(self, position: Position) -> int:
        """When this position or one above it last changed. O(depth)."""
        latest, above = 0, position
        while above.parent is not None:
            latest = max(latest, self._versions.get(above, 0))
            above = above.parent
        return max(latest, self._versions.get(above, 0))

    def bar(self, position: Position, graph: str) -> None:
        """Do not enter ``graph`` here while its own key is looked for."""
        self._barred.setdefault(position, []).append(graph)
        self.changed(position)

    def unbar(self, position: Position) -> None:
        """Undo the last ``bar`` here."""
        self._barred[position].pop()
        self.changed(position)

    def begin(self, position: Position, edge: FieldEdge) -> None:
        """While the field's ``@requires`` is looked for, the field itself is no way to it."""
        self._resolving.append((position, edge.graph, edge.field))

    def end(self) -> None:
        """Undo the last ``begin``."""
        self._resolving.pop()

    def to(self, position: Position, field: Field, type_name: str, types: frozenset[str]) -> list[Move]:
        """The moves to a field for objects of ``type_name``, best first; ``types`` are all it is wanted for."""
        self._budget.move()
        allowed = self._allowed(field, type_name)
        found = list(self._held(position, field, type_name, allowed))
        if found and not found[0].below and not is_abstract_type(get_named_type(field.type)):
            return found[:1]
        reached = {move.edge.graph for move in found}
        routes = self.routes(position, type_name)
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
        for source in position.visible(self.block):
            if not types <= source.types or source.opaque or source.provided:
                continue
            identity = (source.graph, types, field.name, field.parent_type)
            if identity not in self._plain:
                self._plain[identity] = self._plain_edge(source.graph, field, types)
            edge = self._plain[identity]
            if edge is not None and not self._is_read_again(position, source, field, min(types)):
                self._budget.move()
                return Move(edge, 0, 0, source)
            return None
        return None

    def _plain_edge(self, graph: str, field: Field, types: frozenset[str]) -> FieldEdge | None:
        """A type's own field in a subgraph, if each of the types has it there and nothing is needed to read it."""
        first = None
        for name in sorted(types):
            edge = self._graph.edge(graph, name, field.name)
            if edge is None or edge.by_entry_only or edge not in self._allowed(field, name):
                return None
            first = first or edge
        return first

    def routes(self, position: Position, type_name: str) -> Routes:
        """Where objects of a type are or can be held at a position."""
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
        routes = self.routes(position, type_name)
        walked = routes.get(graph)
        if walked is not None and walked.entry is None and position.parent is not None:
            held = any(source.graph == graph and type_name in source.types for source in position.visible(self.block))
            if not held:
                routes = self._find_routes(position, type_name, frozenset((graph,)))
        return self._reach.entry(type_name, graph, routes, self._provided(position, type_name))

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

    def _is_read_again(self, position: Position, source: Source, field: Field, type_name: str) -> bool:
        """Whether a delayed field is not to be read where an earlier block holds its object, but by entering the
        subgraph once more, so that it does not hold up what is not delayed. Key fields cost nothing to read."""
        if source.step.block is self.block or source.opaque or field.internal:
            return False
        entries = self._graph.entries(type_name)
        if not field.selections and any(field.name == key.name for entry in entries for key in entry.key):
            return False
        if position.parent is None:
            return True
        return self.entry(position, type_name, source.graph) is not None

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
        return self._reach.routes(type_name, held, self._provided(position, type_name), barred)

    def _walks(self, position: Position, type_name: str) -> Iterator[tuple[str, int]]:
        """Subgraphs where the objects can be held by asking the field above them there, too."""
        parent, field = position.parent, position.field
        if parent is None or field is None or position.pinned:
            return
        routes = {name: self.routes(parent, name) for name in sorted(position.parent_types)}
        for graph in self._graph.graphs:
            cost = -1
            for name, found in routes.items():
                edge = self._direct(graph, name, field)
                if edge is None or graph not in found or not self._returns(edge, type_name):
                    break
                cost = max(cost, found[graph].cost)
            else:
                if cost >= 0:
                    yield graph, cost

    def _direct(self, graph: str, type_name: str, field: Field) -> FieldEdge | None:
        for edge in self._allowed(field, type_name):
            if edge.graph == graph and not edge.by_entry_only:
                return edge
        return None

    def _returns(self, edge: FieldEdge, type_name: str) -> bool:
        return edge.target == type_name or type_name in self._graph.possible_types(edge.graph, edge.target)

    def _allowed(self, field: Field, type_name: str) -> list[FieldEdge]:
        """As ``_find_allowed``, remembered."""
        identity = (type_name, field.name, field.parent_type, field.types is None)
        known = self._edges.get(identity)
        if known is None:
            known = self._edges[identity] = self._find_allowed(field, type_name)
        return known

    def _find_allowed(self, field: Field, type_name: str) -> list[FieldEdge]:
        """Resolving edges. A selection on an interface is answered by interface objects where there are any, a
        selection on an object type by the type's own definitions where there are any; what a representation takes
        from an interface, by whoever has it."""
        edges = list(self._graph.resolvers(type_name, field.name))
        own = [edge for edge in edges if edge.parent == type_name]
        if len(own) == len(edges) or not own:
            return edges
        if field.types is not None or self._graph.is_object(field.parent_type):
            return own
        if field.internal:
            return edges
        visible = [edge for edge in own if self._graph.edge(edge.graph, field.parent_type, field.name) is not None]
        return [*(edge for edge in edges if edge.parent != type_name), *visible]

    def _held(self, position: Position, field: Field, type_name: str, allowed: list[FieldEdge]) -> Iterator[Move]:
        found = []
        for source in position.visible(self.block):
            if type_name not in source.types:
                continue
            if self._is_read_again(position, source, field, type_name):
                continue
            edge = self._graph.edge(source.graph, source.type if source.opaque else type_name, field.name)
            if edge is None:
                continue
            covered = _is_provided(source.provided, type_name, field.name)
            if (covered and not edge.contexts) or (edge in allowed and not edge.by_entry_only):
                provided = provided_below(source.provided, edge, type_name)
                found.append(Move(edge, 0, self._below_cost(field, edge, provided), source))
        yield from sorted(found, key=lambda move: move.rank)

    def _by_requirement(
        self, position: Position, field: Field, type_name: str, edge: FieldEdge, routes: Routes
    ) -> Iterator[Move]:
        if (position, edge.graph, edge.field) in self._resolving or edge.graph in self._barred.get(position, ()):
            return
        entry = self.entry(position, type_name, edge.graph)
        cost = self._reach.cost(type_name, edge.requires, routes, self._provided(position, type_name))
        above = self._inherited_cost(position, edge)
        if entry is not None and entry.entry is not None and cost is not None and above is not None:
            below = self._below_cost(field, edge, edge.provides)
            yield Move(edge, entry.cost + cost + above, below, entry=entry.entry)

    def _inherited_cost(self, position: Position, edge: FieldEdge) -> int | None:
        """Fetches for the contexts a field uses; ``None`` when one is not set above or cannot be read there."""
        total = 0
        for argument in edge.contexts:
            setters = find_setters(self._graph.schema, position, argument)
            for setter in setters or ():
                above = setter.position
                costs = [
                    self._reach.cost(name, fields, self.routes(above, name), self._provided(above, name))
                    for name, fields in argument.selections
                    if any(name in types for types, _ in setter.values)
                ]
                known = [cost for cost in costs if cost is not None]
                if len(known) < len(costs):
                    return None
                total += max(known, default=0)
            if setters is None:
                return None
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
            held = self.known(position, edge.graph, type_name)
            if held is not None and self._is_read_again(position, held, field, type_name):
                route = self.entry(position, type_name, edge.graph) or route
        if route.entry is None and not all(
            any(other.graph == edge.graph and not other.by_entry_only for other in self._allowed(field, name))
            for name in types
        ):  # the field above cannot be asked there for all types at once; objects of this one may be entered
            entered = self.entry(position, type_name, edge.graph) if position.parent is not None else None
            if entered is None:
                return
            route = entered
        yield Move(edge, route.cost, self._below_cost(field, edge, edge.provides), entry=route.entry)

    def _provided(self, position: Position, type_name: str) -> dict[str, FieldSet]:
        found: dict[str, FieldSet] = {}
        for source in position.visible(self.block):
            if source.provided and type_name in source.types:
                found[source.graph] = (*found.get(source.graph, ()), *source.provided)
        return found

    def _below_cost(self, field: Field, edge: FieldEdge, provided: FieldSet) -> int:
        if not field.selections:
            return 0
        identity = (edge.graph, edge.target, field.selections, provided)
        known = self._below.get(identity)
        if known is None:
            known = self._below[identity] = self._count_below(edge.graph, edge.target, field, provided)
        return known

    def _count_below(self, graph: str, target: str, above: Field, provided: FieldSet) -> int:
        """How many further fetches the selections need when the object comes from ``graph``, roughly."""
        opaque = self._graph.is_interface_object(graph, target)
        possible = frozenset((target,)) if opaque else self._graph.possible_types(graph, target)
        missing: set[str] = set()
        total = 0
        for field in above.selections:
            if field.delayed_by != above.delayed_by:
                continue  # another block's
            if field.origin == "typename" and opaque:
                missing.add("__typename")
            if field.origin != "data":
                continue
            relevant = possible if field.types is None else possible & field.types
            if not relevant and possible:
                total += 1
            targets = {}
            for name in sorted(relevant):
                edge = self._graph.edge(graph, name, field.name)
                if edge is not None and self._is_local(edge, name, field, provided):
                    targets[edge.target] = self._below_cost(field, edge, provided_below(provided, edge, name))
                else:
                    missing.add(self._elsewhere(name, field))
            total += max(targets.values(), default=0)
        return total + len(missing)

    def _is_local(self, edge: FieldEdge, type_name: str, field: Field, provided: FieldSet) -> bool:
        return _is_provided(provided, type_name, field.name) or not (edge.external or edge.by_entry_only)

    def _elsewhere(self, type_name: str, field: Field) -> str:
        edges = self._graph.resolvers(type_name, field.name)
        return edges[0].graph if edges else ""


def provided_below(provided: FieldSet, edge: FieldEdge, type_name: str) -> FieldSet:
    """What is provided below an edge: by the edge itself, and by the ``@provides`` above it."""
    inherited = tuple(
        below
        for found in provided
        if _covers(found.types, type_name) and found.name == edge.field
        for below in found.selections
    )
    return (*edge.provides, *inherited)


def _is_provided(provided: FieldSet, type_name: str, name: str) -> bool:
    return any(found.name == name and _covers(found.types, type_name) for found in provided)


def _covers(types: frozenset[str] | None, type_name: str) -> bool:
    return types is None or type_name in types
