"""Building fetch steps: every wanted field is placed into the step that gives it most cheaply.

A field is read where its object is held already, else its object is entered elsewhere: by a key, whose fields are then
wanted themselves, or by asking the field above it there, too. What ``@requires`` demands is wanted in the same way, so
chains of any length need no rule of their own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from graphql import GraphQLOutputType, OperationType, get_named_type, is_abstract_type

from router.planner.choices import Choices
from router.planner.conditions import ALWAYS, either, implies
from router.planner.errors import UnsatisfiableError
from router.planner.moves import Move, Moves, provided_below
from router.planner.names import Names
from router.planner.operation import Field, list_depth
from router.planner.selection import SelectionSet
from router.planner.steps import Entry, Part, Position, Source, Step, add_shape, depends_on, fits_shape
from router.query_graph import FieldEdge, QueryGraph
from router.query_plan.nodes import ITEMS, Conditions, OnTypes
from router.supergraph import FieldSet
from router.supergraph.field_set import possible_types

__all__ = ["Builder"]

_ENTITY = "_Entity"


class Builder:
    """Builds one plan's steps. ``root`` is the position of the whole answer."""

    def __init__(
        self, graph: QueryGraph, moves: Moves, choices: Choices, root_type: str, operation: OperationType
    ) -> None:
        self._graph = graph
        self._moves = moves
        self._choices = choices
        self._once = operation is not OperationType.QUERY
        self.root = Position(root_type, frozenset((root_type,)), (), Names())
        self.steps: list[Step] = []

    def want(
        self, position: Position, field: Field, include: Conditions, types: frozenset[str] | None = None
    ) -> set[Step]:
        """Place a field and its selections; ``types`` narrows it further. Returns the steps that deliver them."""
        if field.origin == "typename" and position is not self.root:
            return self._want_typename(position, include)
        if field.origin != "data":
            return set()
        if types == frozenset((position.type,)) and position.type not in position.possible:
            types = None
        relevant = possible = self._possible(position)
        for narrower in (types, field.types):
            relevant = relevant if narrower is None else relevant & narrower
        steps: set[Step] = set()
        if any(source.opaque for source in position.sources):
            if relevant == possible and self._is_known_whole(position, field):
                return self._place(position, field, frozenset((position.type,)), include)
            steps |= self._want_typename(position, ALWAYS)
        return steps | self._place(position, field, relevant, include) if relevant else steps

    def _possible(self, position: Position) -> frozenset[str]:
        """The types objects here can have; an interface that nobody implements stands for itself.

        What no subgraph resolves for it is then an error and not a silent null.
        """
        nobody = not position.possible and not possible_types(self._graph.schema, position.type)
        return frozenset((position.type,)) if nobody else position.possible

    def _is_known_whole(self, position: Position, field: Field) -> bool:
        """Whether a field of objects of unknown type can be had without learning their types."""
        whole = frozenset((position.type,))
        placed = position.placed(field, position.type) is not None
        return placed or bool(self._moves.to(position, field, position.type, whole))

    def _place(self, position: Position, field: Field, types: frozenset[str], include: Conditions) -> set[Step]:
        steps: set[Step] = set()
        known: dict[int, Part] = {}
        rest: list[str] = []
        for name in sorted(types):
            part = position.placed(field, name)
            if part is None:
                rest.append(name)
            else:
                known[id(part)] = part
        for part in known.values():
            steps |= self._widen(position, part, field, include)
        if rest:
            for move, names, allowed in self._choose(position, field, rest):
                steps |= self._apply(position, field, move, names, include, allowed)
        return steps

    def _widen(self, position: Position, part: Part, field: Field, include: Conditions) -> set[Step]:
        """Use a field that is there already under one more condition and with further selections."""
        part.selected.widen(include)
        self._use(part.source, position, include)
        for required in part.required:
            self.want(position, required, include, part.types)
        steps = {part.source.step}
        if part.below is not None:
            part.below.include = either(part.below.include, include)
            steps |= self._want_below(part.below, field, include)
        return steps

    def _want_below(self, below: Position, field: Field, include: Conditions) -> set[Step]:
        steps: set[Step] = set()
        for child in field.selections:
            steps |= self.want(below, child, include if field.internal else child.include)
        return steps

    def _choose(
        self, position: Position, field: Field, names: list[str]
    ) -> Iterator[tuple[Move, frozenset[str], frozenset[str] | None]]:
        """The moves taken, each with the types it is taken for and, below unions, the types worth asking for."""
        types = frozenset(names)
        found = {name: self._moves.to(position, field, name, types) for name in names}
        for name, moves in found.items():
            if not moves:
                raise UnsatisfiableError(
                    f"No subgraph that can be reached at {_describe(position)} resolves {name}.{field.name}."
                )
        first = found[names[0]]
        preferred = first[0].edge.graph
        rivals = [move.edge.graph for move in first if move.rank[0] <= first[0].rank[0] + 1]
        rivals = list(dict.fromkeys(rivals))
        if first[0].rank[0] and len(rivals) > 1:
            preferred = rivals[self._choices.pick(len(rivals))]
        groups: dict[object, tuple[Move, list[str]]] = {}
        for name, moves in found.items():
            move = next((move for move in moves if move.edge.graph == preferred), moves[0])
            stand_in = move.edge.parent if move.edge.parent != name else None
            identity = (move.edge.graph, stand_in, id(move.source), move.edge.requires, move.entry is None)
            groups.setdefault(identity, (move, []))[1].append(name)
        allowed = self._common_members(field, [move for moves in found.values() for move in moves])
        for move, group in groups.values():
            yield move, frozenset(group), allowed

    def _common_members(self, field: Field, moves: list[Move]) -> frozenset[str] | None:
        """Of a union that several subgraphs could return here: the members that all of them know.

        Which subgraph answers must not decide which members are seen.
        """
        target = self._graph.supergraph.types.get(get_named_type(field.type).name)
        if target is None or not target.members:
            return None
        members = [self._graph.possible_types(move.edge.graph, move.edge.target) for move in moves]
        return frozenset.intersection(*members)

    def _apply(
        self,
        position: Position,
        field: Field,
        move: Move,
        types: frozenset[str],
        include: Conditions,
        allowed: frozenset[str] | None,
    ) -> set[Step]:
        required = self._fields_of(move.edge.requires)
        source = self._hold(position, move, types, required, include)
        steps = {source.step}
        for edge, guard, names in self._spread(source, field, move, types):
            shape = edge.shape.replace(edge.target, "{}") if field.selections else edge.shape
            key = position.names.assign(field.response_key, field.signature, source.graph, shape)
            selected = source.selection.add(field, key, guard, include, composite=bool(field.selections))
            self._use(source, position, include)
            part = Part(key, names, source, selected, None, required)
            for name in names:
                position.parts.setdefault((field.signature, name), {})[field.response_key] = part
            if selected.selections is not None:
                provided = tuple(
                    dict.fromkeys(
                        found for name in sorted(names) for found in provided_below(source.provided, edge, name)
                    )
                )
                part.below = self._descend(position, field, names, key, edge, allowed, include)
                self._arrive(part.below, source.step, selected.selections, edge, provided)
                steps |= self._want_below(part.below, field, include)
        return steps

    def _spread(
        self, source: Source, field: Field, move: Move, types: frozenset[str]
    ) -> Iterator[tuple[FieldEdge, frozenset[str] | None, frozenset[str]]]:
        """How a field is written in a source: the edge taken, the type conditions needed, the types served."""
        base = None if source.base is None else frozenset((source.base,))
        if source.opaque or self._graph.is_object(source.type):
            yield move.edge, base, types
            return
        whole = self._graph.edge(source.graph, source.type, field.name)
        known = self._graph.possible_types(source.graph, source.type)
        if whole is not None and (types == {source.type} or known <= types):
            narrower = (self._graph.edge(source.graph, name, field.name) for name in known)
            if not any(edge is not None and edge.provides for edge in narrower):
                yield whole, base, types
                return
        groups: dict[tuple[str, str], list[str]] = {}
        edges: dict[tuple[str, str], FieldEdge] = {}
        for name in sorted(types):
            edge = self._graph.edge(source.graph, name, field.name) or move.edge
            groups.setdefault((edge.target, edge.shape), []).append(name)
            edges.setdefault((edge.target, edge.shape), edge)
        for identity, names in groups.items():
            yield edges[identity], frozenset(names), frozenset(names)

    def _descend(
        self,
        position: Position,
        field: Field,
        types: frozenset[str],
        key: str,
        edge: FieldEdge,
        allowed: frozenset[str] | None,
        include: Conditions,
    ) -> Position:
        """The position of a field's objects."""
        known = position.below.get((key, types))
        if known is not None:
            known.include = either(known.include, include)
            return known
        type_ = self._type_of(types, field)
        name = get_named_type(type_).name
        possible = self._graph.possible_types(edge.graph, edge.target) & possible_types(self._graph.schema, name)
        path = position.path
        if types != position.possible and types <= position.possible:
            path = (*path, OnTypes(types))
        below = position.below[key, types] = Position(
            name,
            possible if allowed is None else possible & allowed,
            (*path, key, *[ITEMS] * list_depth(type_)),
            position.names.below(key),
            position,
            field,
            key,
            types,
            include,
            pinned=self._once and position is self.root,
        )
        return below

    def _type_of(self, types: frozenset[str], field: Field) -> GraphQLOutputType:
        """The field's type for the given parents; implementations may narrow it, all in the same way."""
        found = {}
        for name in sorted(types):
            parent: Any = self._graph.schema.type_map[name]
            type_: GraphQLOutputType = parent.fields[field.name].type
            found[get_named_type(type_).name] = type_
        return next(iter(found.values())) if len(found) == 1 else field.type

    def _arrive(
        self, below: Position, step: Step, selection: SelectionSet, edge: FieldEdge, provided: FieldSet
    ) -> Source:
        opaque = self._graph.is_interface_object(edge.graph, edge.target)
        types = below.possible | {edge.target} if opaque else below.possible
        source = Source(edge.graph, step, selection, edge.target, types, provided, opaque=opaque)
        below.sources.append(source)
        self._moves.changed()
        if is_abstract_type(self._graph.schema.type_map[below.type]) and not opaque:
            selection.add_typename(ALWAYS)
        return source

    def _hold(
        self, position: Position, move: Move, types: frozenset[str], required: tuple[Field, ...], include: Conditions
    ) -> Source:
        """Get hold of the objects in the move's subgraph."""
        if move.source is not None:
            return move.source
        if not required:
            return self._enter(position, types, move.edge.graph, include)
        self._moves.begin(position, move.edge)
        after: set[Step] = set()
        for field in required:
            after |= self.want(position, field, include, types)
        self._moves.end()
        return self._jump(position, types, move.edge.graph, required, after, include)

    def _enter(self, position: Position, types: frozenset[str], graph: str, include: Conditions) -> Source:
        name = min(types)
        known = position.source(graph, name)
        if known is not None and types <= known.types:
            return known
        if position.parent is None:
            return self._open(position, graph)
        if self._moves.routes(position, name)[graph].entry is None:
            return self._walk(position, graph, include)
        return self._jump(position, types, graph, (), set(), include)

    def _open(self, position: Position, graph: str) -> Source:
        step = self._new_step(graph, position)
        source = Source(graph, step, step.selection, position.type, position.possible)
        position.sources.append(source)
        self._moves.changed()
        return source

    def _walk(self, position: Position, graph: str, include: Conditions) -> Source:
        """Ask the field above in ``graph``, too; the answers are merged object by object."""
        parent, field = position.parent, position.field
        if parent is None or field is None:
            raise UnsatisfiableError(f"There is nothing above {_describe(position)}.")
        types = position.parent_types
        above = self._enter(parent, types, graph, position.include)
        name = min(types)
        edge = self._graph.edge(graph, above.type if above.opaque else name, field.name)
        if edge is None:
            raise UnsatisfiableError(f"{graph} does not define {name}.{field.name}.")
        guard = None if self._graph.is_object(above.type) or above.opaque else types
        selected = above.selection.add(field, position.key, guard, position.include, composite=True)
        self._use(above, parent, position.include)
        if selected.selections is None:
            raise UnsatisfiableError(f"{name}.{field.name} has no selections.")
        return self._arrive(position, above.step, selected.selections, edge, edge.provides)

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
            route = self._moves.entry(position, name, graph)
            if route is None or route.entry is None:
                raise UnsatisfiableError(f"{graph} has no usable key for {name} at {_describe(position)}.")
            if self._graph.is_interface_object(graph, route.entry.type) or not self._graph.is_object(route.entry.type):
                stand_in = route.entry.type
            typename = name if self._graph.is_object(position.type) else None
            keys = self._fields_of(route.entry.key)
            entries[name] = Entry(stand_in or typename, keys)
        for source in position.sources:
            if source.graph == graph and source.base == stand_in and self._accepts(source, entries, required, after):
                missing = {name: entry for name, entry in entries.items() if name not in source.step.entries}
                later = self._want_keys(position, graph, missing, include)
                if not depends_on(later, source.step):
                    return self._admit(source, missing, types, required, after | later)
        after |= self._want_keys(position, graph, entries, include)
        step = self._new_step(graph, position)
        opaque = stand_in is not None and self._graph.is_interface_object(graph, stand_in)
        source = Source(graph, step, step.selection, stand_in or _ENTITY, frozenset(), (), stand_in, opaque)
        position.sources.append(source)
        return self._admit(source, entries, types, required, after)

    def _accepts(
        self, source: Source, entries: dict[str, Entry], required: tuple[Field, ...], after: set[Step]
    ) -> bool:
        """Whether an entity step can take more: it must not have to run before what it would need."""
        step = source.step
        if not step.is_entity or source.selection is not step.selection or depends_on(after, step):
            return False
        for name, entry in entries.items():
            known = step.entries.get(name, entry)
            if not all(fits_shape(known.shape, field) for field in required):
                return False
        return True

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
        self._moves.changed()
        return source

    def _want_keys(self, position: Position, graph: str, entries: dict[str, Entry], include: Conditions) -> set[Step]:
        steps: set[Step] = set()
        self._moves.bar(position, graph)
        for keys, names in _alike(entries):
            for key in keys:
                steps |= self.want(position, key, include, names)
        self._moves.unbar(position)
        if any(entry.typename is None or name != position.type for name, entry in entries.items()) and (
            not self._graph.is_object(position.type)
        ):
            steps |= self._want_typename(position, include)
        return steps

    def _want_typename(self, position: Position, include: Conditions) -> set[Step]:
        for source in position.sources:
            if not source.opaque:
                source.selection.add_typename(include)
                self._use(source, position, include)
                return {source.step}
        return self._reveal(position, include) if position.sources else set()

    def _reveal(self, position: Position, include: Conditions) -> set[Step]:
        """Learn the real types of objects that come from an interface object."""
        routes = self._moves.routes(position, position.type)
        owners = [graph for graph in routes if not self._graph.is_interface_object(graph, position.type)]
        if not owners:
            raise UnsatisfiableError(
                f"No subgraph that can be reached at {_describe(position)} knows the types of {position.type}."
            )
        owner = min(owners, key=lambda graph: routes[graph].cost)
        self._enter(position, frozenset((position.type,)), owner, include)
        return self._want_typename(position, include)

    def _use(self, source: Source, position: Position, include: Conditions) -> None:
        """A field is wanted from a source: an entity step then needs its keys whenever the field is included."""
        step = source.step
        if not step.is_entity or step.position is not position:
            return
        if step.include is None:
            step.include = include
        elif not implies(include, step.include):
            step.include = either(step.include, include)
            for keys, names in _alike(step.entries):
                for key in keys:
                    self.want(position, key, include, names)

    def _new_step(self, graph: str, position: Position) -> Step:
        step = Step(len(self.steps), graph, position, SelectionSet())
        self.steps.append(step)
        return step

    def _fields_of(self, fields: FieldSet) -> tuple[Field, ...]:
        return tuple(self._internal(fields))

    def _internal(self, fields: Iterable[Any]) -> Iterator[Field]:
        for found in fields:
            parent: Any = self._graph.schema.type_map[found.parent_type]
            yield Field(
                found.name,
                found.name,
                found.parent_type,
                parent.fields[found.name].type,
                found.types,
                arguments=found.arguments,
                selections=self._fields_of(found.selections),
                internal=True,
            )


def _alike(entries: Mapping[str, Entry]) -> list[tuple[tuple[Field, ...], frozenset[str]]]:
    """Types grouped by equal keys, so that a key of all types is asked for once."""
    groups: dict[object, tuple[tuple[Field, ...], list[str]]] = {}
    for name, entry in entries.items():
        groups.setdefault(tuple(map(_outline, entry.keys)), (entry.keys, []))[1].append(name)
    return [(keys, frozenset(names)) for keys, names in groups.values()]


def _outline(field: Field) -> tuple[object, ...]:
    return field.name, field.arguments, field.types, tuple(map(_outline, field.selections))


def _describe(position: Position) -> str:
    keys = [part for part in position.path if isinstance(part, str)]
    return ".".join(keys) or "the root"
