"""Placing: every wanted field goes into the step that gives it most cheaply.

A field is read where its object is held already, else its object is entered elsewhere (``entering``). Keys and what
``@requires`` demands are wanted in the same way, so chains of any length need no rule of their own.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from typing import Any

from graphql import GraphQLOutputType, OperationType, get_named_type, is_composite_type

from router.planner.choices import Choices
from router.planner.choosing import Choosing, Chosen
from router.planner.conditions import ALWAYS, both, either
from router.planner.deferring import Block, Blocks
from router.planner.entering import Entering
from router.planner.inheriting import with_variables
from router.planner.moves import Move, Moves
from router.planner.names import Names
from router.planner.operation import Field, Operation, internal_fields, list_depth
from router.planner.providing import provided_below
from router.planner.steps import Part, Position, Source, Step
from router.query_graph import FieldEdge, QueryGraph
from router.query_plan.nodes import ITEMS, Conditions, OnTypes
from router.supergraph.field_set import possible_types

__all__ = ["Placing"]


class Placing:
    """Builds one plan's steps. ``root`` is the position of the whole answer."""

    def __init__(self, graph: QueryGraph, moves: Moves, choices: Choices, blocks: Blocks, operation: Operation) -> None:
        self._blocks = blocks
        self._graph = graph
        self._moves = moves
        self._routing = moves.routing
        self._choosing = Choosing(graph, moves, choices)
        self._once = operation.type is not OperationType.QUERY
        self._entering = Entering(graph, moves.routing, moves, choices, self.want, operation.variables)
        self._later: deque[tuple[Position, Field, Conditions, Block]] = deque()
        self.root = Position(operation.root_type, frozenset((operation.root_type,)), (), Names())

    @property
    def steps(self) -> list[Step]:
        """The steps so far, in the order in which they came to be."""
        return self._entering.steps

    def want_all(self, fields: Iterable[Field]) -> None:
        """Place the root fields and all below, block after block: a later one finds what earlier ones have fetched."""
        for field in fields:
            self._want_in_block(self.root, field, field.include)
        while self._later:
            position, field, include, block = self._later.popleft()
            with self._routing.within(block):
                self.want(position, field, include)

    def want(
        self, position: Position, field: Field, include: Conditions, types: frozenset[str] | None = None
    ) -> set[Step]:
        """Place a field and its selections; ``types`` narrows it further. Returns the steps that deliver them."""
        if field.origin == "typename" and position is not self.root:
            return self._entering.want_typename(position, include)
        if field.origin != "data":
            return set()
        if types == frozenset((position.type,)) and position.type not in position.possible:
            types = None
        relevant = possible = self._possible(position)
        for narrower in (types, field.types):
            relevant = relevant if narrower is None else relevant & narrower
        steps: set[Step] = set()
        opaque = [source for source in position.visible(self._routing.block) if source.opaque]
        if opaque:
            whole = position.is_opaque(self._routing.block) or any(position.type in source.types for source in opaque)
            if whole and relevant == possible and self._is_known_whole(position, field):
                return self._place(position, field, frozenset((position.type,)), include)
            steps |= self._entering.want_typename(position, ALWAYS)
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
        placed = position.placed(field, position.type, self._routing.block) is not None
        return placed or bool(self._moves.to(position, field, position.type, whole))

    def _place(self, position: Position, field: Field, types: frozenset[str], include: Conditions) -> set[Step]:
        steps: set[Step] = set()
        known: dict[int, Part] = {}
        rest: list[str] = []
        for name in sorted(types):
            part = position.placed(field, name, self._routing.block)
            if part is None:
                rest.append(name)
            else:
                known[id(part)] = part
        for part in known.values():
            steps |= self._widen(position, part, field, include)
        if rest:
            for chosen in self._choosing.choose(position, field, rest):
                steps |= self._apply(position, field, chosen, include)
        return steps

    def _widen(self, position: Position, part: Part, field: Field, include: Conditions) -> set[Step]:
        """Use a field that is there already under one more condition and with further selections."""
        part.selected.widen(include)
        self._entering.use(part.source, position, include, part.types)
        self._require_for_all(position, part)
        with self._routing.within(part.source.step.block):
            for inherited in part.inherited:
                inherited.widen(include)
                self._entering.want_inherited(position, inherited.setters, include)
        steps = {part.source.step}
        if part.below is not None:
            part.below.include = either(part.below.include, include)
            steps |= self._want_below(part.below, field, include)
        return steps

    def _require_for_all(self, position: Position, part: Part) -> None:
        """Want what a field requires whenever it is selected. Under one type condition it is selected for the objects
        of all types together, so what widens it for some widens it for the others; and an interface object's subgraph
        is asked every field for every object that is sent."""
        if not part.required:
            return
        every = (one for by_key in position.parts.values() for parts in by_key.values() for one in parts)
        shared = part.source.opaque and part.source.step.is_entity
        alike = [one for one in every if one.selected is part.selected or (shared and one.source is part.source)]
        with self._routing.within(part.source.step.block):
            for one in dict.fromkeys(alike):
                groups = [frozenset((name,)) for name in part.source.step.entries] if shared else [one.types]
                for required in one.required:
                    for types in groups:
                        self.want(position, required, one.selected.include, types)

    def _want_below(self, below: Position, field: Field, include: Conditions) -> set[Step]:
        """Want what is selected of a field's objects. Conditions are those of the selection itself: without its object
        nothing is fetched below. But an object that a representation carries, or that is shared by types, may be there
        although no client wants it.
        """
        carried = include and (below.shared or field.name in self._graph.carried)
        steps: set[Step] = set()
        for child in field.selections:
            wanted: Conditions | None = child.include
            if field.internal:
                wanted = include
            elif carried:
                wanted = both(include, child.include)
            if wanted is not None:
                steps |= self._want_in_block(below, child, wanted)
        return steps

    def _want_in_block(self, position: Position, field: Field, include: Conditions) -> set[Step]:
        """Place a field now, or keep it for the block of what delays it."""
        if not field.internal:
            block = self._blocks.of(field.delayed_by, self._routing.block)
            if block is not self._routing.block:
                self._later.append((position, field, include, block))
                return set()
        return self.want(position, field, include)

    def _apply(self, position: Position, field: Field, chosen: Chosen, include: Conditions) -> set[Step]:
        move, types = chosen.move, chosen.types
        required = internal_fields(self._graph.schema, move.edge.requires)
        source = self._entering.hold(position, move, types, required, include)
        inherited = self._entering.inherit(source, position, move.edge, include)
        arguments = with_variables(field.arguments, move.edge.contexts, inherited)
        steps = {source.step}
        composite = is_composite_type(get_named_type(field.type))  # even when nothing below it can be included
        for edge, guard, names in self._spread(source, field, move, types):
            shape = edge.shape.replace(edge.target, "{}") if composite else edge.shape
            key = position.names.assign(field.response_key, field.signature, source.graph, shape)
            selected = source.selection.add(field, key, guard, include, composite=composite, arguments=arguments)
            self._entering.use(source, position, include, names)
            part = Part(key, names, source, selected, None, required, tuple(inherited))
            for name in names:
                by_key = position.parts.setdefault((field.signature, name), {})
                by_key.setdefault(field.response_key, []).append(part)
            self._require_for_all(position, part)
            if selected.selections is not None:
                provided = tuple(
                    dict.fromkeys(
                        found for name in sorted(names) for found in provided_below(source.provided, edge, name)
                    )
                )
                part.below = self._descend(position, field, names, key, edge, chosen.members, include)
                part.below.shared |= position.shared or source.opaque
                self._entering.arrive(part.below, source.step, selected, edge, provided)
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
        members: frozenset[str] | None,
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
            possible if members is None else possible & members,
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
