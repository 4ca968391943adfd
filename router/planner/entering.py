"""Entering: getting hold of objects in a subgraph, so that fields can be read there.

The root is opened; entities are jumped to by a key, whose fields are then wanted themselves; other objects are walked
to, by asking the field above them in that subgraph, too.
"""

from __future__ import annotations

from collections.abc import Container, Iterable
from typing import Protocol

from graphql import is_abstract_type

from router.planner.choices import Choices
from router.planner.conditions import ALWAYS, either, implies
from router.planner.entries import accepts, alike
from router.planner.errors import UnsatisfiableError
from router.planner.inheriting import find_setters, include_above
from router.planner.moves import Move, Moves
from router.planner.operation import Field, internal_fields
from router.planner.routing import Routing
from router.planner.selection import SelectedField, SelectionSet
from router.planner.steps import Entry, Inherited, Position, Setter, Source, Step, add_shape, depends_on
from router.query_graph import FieldEdge, QueryGraph
from router.query_plan.nodes import Conditions
from router.supergraph import ContextArgument, FieldSet

__all__ = ["Entering", "Want"]

_ENTITY = "_Entity"


class Want(Protocol):
    """Places a field that a representation needs, and returns the steps that deliver it."""

    def __call__(
        self, position: Position, field: Field, include: Conditions, types: frozenset[str] | None = None
    ) -> set[Step]: ...


class Entering:
    """Makes the steps of one plan and the sources at its positions; ``want`` places what entering needs."""

    def __init__(
        self,
        graph: QueryGraph,
        routing: Routing,
        moves: Moves,
        choices: Choices,
        want: Want,
        variables: Container[str],
    ) -> None:
        self._graph = graph
        self._routing = routing
        self._moves = moves
        self._choices = choices
        self._want = want
        self._variables = variables
        self.steps: list[Step] = []

    def hold(
        self, position: Position, move: Move, types: frozenset[str], required: tuple[Field, ...], include: Conditions
    ) -> Source:
        """Get hold of the objects in the move's subgraph."""
        if move.source is not None:
            return move.source
        if not move.edge.by_entry_only:
            if move.entry is None:
                return self._enter(position, types, move.edge.graph, include)
            own = self._routing.own(position, move.edge.graph, min(types))
            if own is not None and types <= own.types:
                return own
            return self._jump(position, types, move.edge.graph, (), set(), include)
        self._moves.begin(position, move.edge)
        after: set[Step] = set()
        for field in required:
            after |= self._want(position, field, include, types)
        for argument in move.edge.contexts:
            after |= self.want_inherited(position, self._setters(position, argument), include)
        self._moves.end()
        return self._jump(position, types, move.edge.graph, required, after, include)

    def inherit(self, source: Source, position: Position, edge: FieldEdge, include: Conditions) -> list[Inherited]:
        """The variables of a source's step that hold what a field's arguments take from above, one per argument.

        Arguments that take the same share a variable.
        """
        found = []
        for argument in edge.contexts:
            identity = (argument.type, argument.context, argument.selections)
            known = source.step.inherited.get(identity)
            if known is None:
                name = f"_c{len(source.step.inherited)}"
                while name in self._variables:
                    name = f"_{name}"
                known = Inherited(name, argument.type, self._setters(position, argument))
                source.step.inherited[identity] = known
            known.widen(include)
            found.append(known)
        return found

    def want_inherited(self, position: Position, setters: Iterable[Setter], include: Conditions) -> set[Step]:
        """Place what is read of the objects above."""
        steps: set[Step] = set()
        for setter in setters:
            wanted = include_above(setter.position, position, include)
            if wanted is None:
                continue
            if not self._graph.is_object(setter.position.type):
                steps |= self.want_typename(setter.position, wanted)
            for types, fields in setter.values:
                for field in fields:
                    steps |= self._want(setter.position, field, wanted, types)
        return steps

    def _setters(self, position: Position, argument: ContextArgument) -> tuple[Setter, ...]:
        setters = find_setters(self._graph.schema, position, argument)
        if setters is None:
            raise UnsatisfiableError(f"Nothing above {position.place} sets the context {argument.context}.")
        return setters

    def _enter(self, position: Position, types: frozenset[str], graph: str, include: Conditions) -> Source:
        name = min(types)
        known = self._routing.known(position, graph, name)
        if known is not None and types <= known.types:
            return known
        if position.parent is None:
            return self._open(position, graph)
        if self._routing.routes(position, name)[graph].entry is None:
            return self._walk(position, graph, include)
        return self._jump(position, types, graph, (), set(), include)

    def _open(self, position: Position, graph: str) -> Source:
        step = self._new_step(graph, position)
        source = Source(graph, step, step.selection, position.type, position.possible)
        position.sources.append(source)
        self._routing.changed(position)
        return source

    def _walk(self, position: Position, graph: str, include: Conditions) -> Source:
        """Ask the field above in ``graph``, too; the answers are merged object by object."""
        parent, field = position.parent, position.field
        if parent is None or field is None:
            raise UnsatisfiableError(f"There is nothing above {position.place}.")
        types = position.parent_types
        above = self._enter(parent, types, graph, position.include)
        name = min(types)
        edge = self._graph.edge(graph, above.type if above.opaque else name, field.name)
        if edge is None:
            raise UnsatisfiableError(f"{graph} does not define {name}.{field.name}.")
        guard = None if self._graph.is_object(above.type) or above.opaque else types
        selected = above.selection.add(field, position.key, guard, position.include, composite=True)
        self.use(above, parent, position.include, types)
        return self.arrive(position, above.step, selected, edge, edge.provides)

    def _jump(
        self,
        position: Position,
        types: frozenset[str],
        graph: str,
        required: tuple[Field, ...],
        after: set[Step],
        include: Conditions,
    ) -> Source:
        """Enter a subgraph at entities, in a step that is there already or in a new one."""
        entries: dict[str, Entry] = {}
        stand_in: str | None = None
        for name in sorted(types):
            ways = self._routing.entries(position, name, graph)
            if not ways:
                raise UnsatisfiableError(f"{graph} has no usable key for {name} at {position.place}.")
            entry = ways[self._choices.pick(len(ways))]
            if self._graph.is_interface_object(graph, entry.type) or not self._graph.is_object(entry.type):
                stand_in = entry.type
            typename = name if self._graph.is_object(position.type) else None
            keys = internal_fields(self._graph.schema, entry.key)
            entries[name] = Entry(stand_in or typename, keys)
        for source in position.sources:
            if (
                source.graph == graph
                and source.base == stand_in
                and accepts(source, self._routing.block, entries, required, after)
            ):
                missing = {name: entry for name, entry in entries.items() if name not in source.step.entries}
                later = self._want_keys(position, graph, missing, include)
                if not depends_on(later, source.step):
                    return self._admit(source, missing, types, required, after | later)
        after |= self._want_keys(position, graph, entries, include) | self._want_types_above(position)
        step = self._new_step(graph, position)
        opaque = stand_in is not None and self._graph.is_interface_object(graph, stand_in)
        source = Source(graph, step, step.selection, stand_in or _ENTITY, frozenset(), (), stand_in, opaque)
        position.sources.append(source)
        return self._admit(source, entries, types, required, after)

    def _admit(
        self,
        source: Source,
        entries: dict[str, Entry],
        types: frozenset[str],
        required: tuple[Field, ...],
        after: set[Step],
    ) -> Source:
        for name, entry in entries.items():
            source.step.entries[name] = entry
            for key in entry.keys:
                add_shape(entry.shape, key)
        for name in sorted(types):
            entry = source.step.entries[name]
            for field in required:
                add_shape(entry.shape, field)
                entry.required.append(field)
        source.step.after |= after
        source.types |= types
        if source.base is not None and not source.opaque and types == {source.base}:
            source.types |= self._graph.possible_types(source.graph, source.base)
        self._routing.changed(source.step.position)
        return source

    def _want_keys(self, position: Position, graph: str, entries: dict[str, Entry], include: Conditions) -> set[Step]:
        steps: set[Step] = set()
        self._routing.bar(position, graph)
        for keys, names in alike(entries):
            for key in keys:
                steps |= self._want(position, key, include, names)
        self._routing.unbar(position)
        if any(entry.typename is None or name != position.type for name, entry in entries.items()) and (
            not self._graph.is_object(position.type)
        ):
            steps |= self.want_typename(position, include)
        return steps

    def want_typename(self, position: Position, include: Conditions) -> set[Step]:
        sources = position.visible(self._routing.block)
        for source in sources:
            if not source.opaque:
                source.selection.add_typename(include)
                self.use(source, position, include)
                return {source.step}
        return self._reveal(position, include) if sources else set()

    def _want_types_above(self, position: Position) -> set[Step]:
        """What tells whose objects a position's are, where only some of the types above are its own: entities are
        found by the types on the way, and an interface object does not know them."""
        steps: set[Step] = set()
        while position.parent is not None:
            below, position = position, position.parent
            if below.parent_types < position.possible and any(
                source.opaque for source in position.visible(self._routing.block)
            ):
                steps |= self.want_typename(position, below.include)
        return steps

    def _reveal(self, position: Position, include: Conditions) -> set[Step]:
        """Learn the real types of objects that come from an interface object."""
        routes = self._routing.routes(position, position.type)
        owners = [graph for graph in routes if not self._graph.is_interface_object(graph, position.type)]
        if not owners:
            raise UnsatisfiableError(
                f"No subgraph that can be reached at {position.place} knows the types of {position.type}."
            )
        owner = min(owners, key=lambda graph: routes[graph].cost)
        self._enter(position, frozenset((position.type,)), owner, include)
        return self.want_typename(position, include)

    def use(self, source: Source, position: Position, include: Conditions, types: frozenset[str] | None = None) -> None:
        """A field is wanted from a source for some types: their keys are then needed whenever it is included."""
        step = source.step
        if not step.is_entity or step.position is not position:
            return
        wider = {}
        for name, entry in step.entries.items():
            if types is not None and types <= step.entries.keys() and name not in types:
                continue
            if entry.include is not None and not implies(include, entry.include):
                wider[name] = entry
            entry.include = include if entry.include is None else either(entry.include, include)
        if wider:
            with self._routing.within(step.block):
                self._want_keys(position, step.graph, wider, include)

    def arrive(
        self, below: Position, step: Step, selected: SelectedField, edge: FieldEdge, provided: FieldSet
    ) -> Source:
        """A document's composite field brings objects to a position. Raises ``UnsatisfiableError`` for a leaf."""
        selection = selected.selections
        if selection is None:
            raise UnsatisfiableError(f"{edge.parent}.{selected.name} has no selections.")
        below.delivered_by.append(selected)
        opaque = self._graph.is_interface_object(edge.graph, edge.target)
        types = below.possible | {edge.target} if opaque else below.possible
        source = Source(edge.graph, step, selection, edge.target, types, provided, opaque=opaque)
        below.sources.append(source)
        self._routing.changed(below)
        if is_abstract_type(self._graph.schema.type_map[below.type]) and not opaque:
            selection.add_typename(ALWAYS)
        return source

    def _new_step(self, graph: str, position: Position) -> Step:
        step = Step(len(self.steps), graph, position, SelectionSet(), self._routing.block)
        self.steps.append(step)
        return step
