"""Normalizing: a validated document becomes an ``Operation``.

Fragments are inlined, type conditions become sets of object types of the API schema, ``@skip`` and ``@include`` become
``Conditions``, and fields of one response key are merged (GraphQL spec, section 6.3.2 CollectFields), so that no two
fields of a selection set answer the same response key for the same object type. ``@defer`` is heeded when asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from graphql import (
    BooleanValueNode,
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLCompositeType,
    GraphQLNonNull,
    GraphQLOutputType,
    GraphQLSchema,
    GraphQLString,
    GraphQLUnionType,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    get_named_type,
    get_operation_ast,
    is_composite_type,
    is_object_type,
)
from graphql.language.ast import Node

from router.planner.budget import Budget
from router.planner.conditions import ALWAYS, both, either
from router.planner.deferring import NOT_DELAYED, Deferring, is_disabled
from router.planner.errors import PlanningError
from router.planner.introspection import introspection_document
from router.planner.occurrences import Occurrence, Piece, pieces_of, response_key, undecided
from router.planner.operation import Field, Operation
from router.planner.values import print_arguments, print_variable_definition, value_variables
from router.query_plan.nodes import Conditions, Delay
from router.supergraph.field_set import possible_types

__all__ = ["normalize"]

_TYPENAME_TYPE = GraphQLNonNull(GraphQLString)
_NOTHING: Mapping[str, bool] = {}


def normalize(
    schema: GraphQLSchema,
    hiding: frozenset[str],
    document: DocumentNode,
    operation_name: str | None,
    unauthorized: frozenset[tuple[str, str]],
    budget: Budget,
    deferring: Deferring | None = None,
    decided: Mapping[str, bool] = _NOTHING,
) -> Operation:
    """Normalize one operation of a document that is valid against the API schema.

    ``hiding`` are abstract types of which some object types are not in the API: what is selected of them is never for
    whatever the object may be. Without ``deferring`` it is as if no fragment were deferred. Conditions on ``decided``
    variables are evaluated.
    """
    node = get_operation_ast(document, operation_name)
    if node is None:
        raise PlanningError("The document has no such operation.")
    root = schema.get_root_type(node.operation)
    if root is None:
        raise PlanningError(f"The schema has no {node.operation.value} type.")
    normalizer = _Normalizer(schema, hiding, document, unauthorized, budget, deferring, decided)
    fields = normalizer.root(root, node)
    return Operation(
        type=node.operation,
        name=None if node.name is None else node.name.value,
        root_type=root.name,
        fields=fields,
        variables={
            definition.variable.name.value: print_variable_definition(definition)
            for definition in node.variable_definitions or ()
        },
        introspection=introspection_document(document, node),
        usages=() if deferring is None else tuple(deferring.usages),
        undecided=tuple(sorted(normalizer.undecided)),
    )


@dataclass(frozen=True, slots=True)
class _Selected:
    """A selection set on a type, when it applies, and the usage of ``@defer`` that delays it."""

    parent: GraphQLCompositeType
    node: SelectionSetNode
    include: Conditions
    usage: int | None = None


@dataclass(slots=True)
class _Place:
    """One selection set of the response being collected."""

    path: tuple[str, ...]
    found: list[Occurrence] = field(default_factory=list)
    spreads: set[tuple[str, frozenset[str], Conditions, int | None]] = field(default_factory=set)
    """Fragments spread so far: name, types, condition, and the identity of the ``@defer`` they are under."""


class _Normalizer:
    def __init__(
        self,
        schema: GraphQLSchema,
        hiding: frozenset[str],
        document: DocumentNode,
        unauthorized: frozenset[tuple[str, str]],
        budget: Budget,
        deferring: Deferring | None,
        decided: Mapping[str, bool],
    ) -> None:
        self._schema = schema
        self._hiding = hiding
        self._unauthorized = unauthorized
        self._budget = budget
        self._deferring = deferring
        self._decided = decided
        self.undecided: set[str] = set()
        """Variables on which the order of fields depends."""
        self._directives: dict[int, int] = {}
        self._fragments = {
            node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)
        }
        self._possible: dict[str, frozenset[str]] = {}

    def root(self, root: GraphQLCompositeType, node: OperationDefinitionNode) -> tuple[Field, ...]:
        return self._fields(root, [_Selected(root, node.selection_set, ALWAYS)], ())

    def _fields(
        self, static: GraphQLCompositeType, selected: Iterable[_Selected], path: tuple[str, ...]
    ) -> tuple[Field, ...]:
        """The fields of an object of type ``static``, in the order of the response."""
        every = self._possible_types(static)
        place = _Place(path)
        for one in selected:
            self._flatten(one, every, place)
        ordered = pieces_of(place.found)
        self.undecided.update(undecided(ordered))
        return tuple(self._field(static, every, piece, path) for piece in ordered)

    def _flatten(self, selected: _Selected, types: frozenset[str], place: _Place) -> None:
        parent, usage = selected.parent, selected.usage
        for selection in selected.node.selections:
            self._budget.select(len(place.path))
            included = self._included(selection.directives or (), selected.include)
            if included is None:
                continue
            if isinstance(selection, FieldNode):
                place.found += self._occurrences(Occurrence(selection, parent, types, included, usage=usage))
                continue
            inner: Node = selection
            if isinstance(selection, FragmentSpreadNode):
                inner = self._fragments[selection.name.value]
                if self._is_spread(selection, types, included, usage, place):
                    continue
            if isinstance(inner, InlineFragmentNode | FragmentDefinitionNode):
                condition, narrowed = self._narrow(parent, inner, types)
                if narrowed or not types:
                    delayed_by = self._delay(selection, usage, place)
                    below = _Selected(condition, inner.selection_set, included, delayed_by)
                    self._flatten(below, narrowed, place)

    def _included(self, directives: Iterable[DirectiveNode], outer: Conditions) -> Conditions | None:
        """``outer`` narrowed by ``@skip`` and ``@include``; ``None`` when the selection is never included."""
        included: Conditions | None = outer
        for directive in directives:
            name = directive.name.value
            if name not in ("skip", "include") or included is None:
                continue
            wanted = name == "include"
            value = directive.arguments[0].value if directive.arguments else None
            variable = "" if isinstance(value, BooleanValueNode) or value is None else next(value_variables(value))
            known = value.value if isinstance(value, BooleanValueNode) else self._decided.get(variable)
            if known is None:
                included = both(included, (((variable, wanted),),))
            elif known != wanted:
                return None
        return included

    def _delay(self, selection: SelectionNode, outer: int | None, place: _Place) -> int | None:
        """The usage that delays what a fragment selects here."""
        if self._deferring is None or not selection.directives:
            return outer
        usage, directive = self._deferring.enter(selection.directives, outer, place.path)
        if usage is not None and directive is not None:
            self._directives[usage] = id(directive)
        return usage

    def _is_spread(
        self,
        spread: FragmentSpreadNode,
        types: frozenset[str],
        include: Conditions,
        outer: int | None,
        place: _Place,
    ) -> bool:
        """Whether this fragment's selections are here already, by the rule of graphql-core: a fragment counts once
        when it is not deferred, and else once for each directive that defers it."""
        identity = None if outer is None else self._directives[outer]
        if self._deferring is not None:
            directive = next((found for found in spread.directives or () if found.name.value == "defer"), None)
            identity = identity if directive is None or is_disabled(directive) else id(directive)
        name = spread.name.value
        known = place.spreads
        if (name, types, include, None) in known or (name, types, ALWAYS, None) in known:
            return True
        if (name, types, include, identity) in known:
            return True
        known.add((name, types, include, identity))
        return False

    def _narrow(
        self,
        parent: GraphQLCompositeType,
        node: InlineFragmentNode | FragmentDefinitionNode,
        types: frozenset[str],
    ) -> tuple[GraphQLCompositeType, frozenset[str]]:
        if node.type_condition is None:
            return parent, types
        condition = self._schema.type_map[node.type_condition.name.value]
        if not is_composite_type(condition):
            raise PlanningError(f"{condition.name} is no composite type.")
        return condition, types & self._possible_types(condition)

    def _occurrences(self, occurrence: Occurrence) -> list[Occurrence]:
        """Split off the types for which the field may not be read."""
        name = occurrence.node.name.value
        if name == "__typename":
            return [replace(occurrence, origin="typename")]
        if name in ("__schema", "__type"):
            return [replace(occurrence, origin="introspection")]
        if not self._unauthorized:
            return [occurrence]
        if (occurrence.parent.name, name) in self._unauthorized:
            return [replace(occurrence, origin="unauthorized")]
        forbidden = frozenset(found for found in occurrence.types if (found, name) in self._unauthorized)
        if not forbidden:
            return [occurrence]
        rest = occurrence.types - forbidden
        split = [replace(occurrence, types=forbidden, origin="unauthorized")]
        return [*split, replace(occurrence, types=rest)] if rest else split

    def _field(self, static: GraphQLCompositeType, every: frozenset[str], piece: Piece, path: tuple[str, ...]) -> Field:
        first = piece.occurrences[0]
        include = first.include
        for occurrence in piece.occurrences[1:]:
            include = either(include, occurrence.include)
        name = first.node.name.value
        types = None if piece.types == every and static.name not in self._hiding else piece.types
        delays, delayed_by = self._delays(piece)
        if first.origin in ("typename", "introspection"):
            return Field(
                response_key(first.node),
                name,
                first.parent.name,
                _TYPENAME_TYPE,
                types,
                include,
                origin=first.origin,  # type: ignore[arg-type]
                delays=delays,
                delayed_by=delayed_by,
            )
        own = self._type_of(first.parent, name)
        return Field(
            response_key=response_key(first.node),
            name=name,
            parent_type=first.parent.name,
            type=own,
            types=types,
            include=include,
            arguments=print_arguments(first.node),
            selections=self._selections(piece, own, name, include, (*path, response_key(first.node))),
            origin=first.origin,  # type: ignore[arg-type]
            delays=delays,
            delayed_by=delayed_by,
        )

    def _delays(self, piece: Piece) -> tuple[tuple[Delay, ...], frozenset[int]]:
        """How the field is selected, and by what it is delayed."""
        if self._deferring is None or not self._deferring.usages:
            return (), NOT_DELAYED
        delays = tuple(dict.fromkeys((found.include, found.usage) for found in piece.occurrences))
        return delays, self._deferring.delaying(delays)

    def _selections(
        self, piece: Piece, own: GraphQLOutputType, name: str, include: Conditions, path: tuple[str, ...]
    ) -> tuple[Field, ...]:
        selected: list[_Selected] = []
        for occurrence in piece.occurrences:
            target = get_named_type(self._type_of(occurrence.parent, name))
            if occurrence.node.selection_set is not None and is_composite_type(target):
                inner = ALWAYS if occurrence.include == include else occurrence.include
                selected.append(_Selected(target, occurrence.node.selection_set, inner, occurrence.usage))
        if not selected:
            return ()
        return self._fields(self._narrowest(piece, own, name), selected, path)

    def _narrowest(self, piece: Piece, own: GraphQLOutputType, name: str) -> GraphQLCompositeType:
        """What the field returns for the piece's types: an implementation may narrow its interface's type."""
        targets = {}
        for type_name in piece.types:
            parent = self._schema.type_map[type_name]
            if is_object_type(parent):
                target = get_named_type(parent.fields[name].type)
                targets[target.name] = target
        chosen = next(iter(targets.values())) if len(targets) == 1 else get_named_type(own)
        if not is_composite_type(chosen):
            raise PlanningError(f"{name} has no selections.")
        return chosen

    def _type_of(self, parent: GraphQLCompositeType, name: str) -> GraphQLOutputType:
        if isinstance(parent, GraphQLUnionType):
            raise PlanningError(f"The union {parent.name} has no field {name}.")
        type_: GraphQLOutputType = parent.fields[name].type
        return type_

    def _possible_types(self, type_: GraphQLCompositeType) -> frozenset[str]:
        known = self._possible.get(type_.name)
        if known is None:
            known = self._possible[type_.name] = possible_types(self._schema, type_.name)
        return known
