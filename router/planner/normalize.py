"""Normalizing: a validated document becomes an ``Operation``.

What was collected under one response key is merged (GraphQL spec, section 6.3.2 CollectFields), so that no two fields
of a selection set answer the same response key for the same object type. ``@defer`` is heeded when asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from graphql import (
    DirectiveLocation,
    DocumentNode,
    GraphQLCompositeType,
    GraphQLNonNull,
    GraphQLOutputType,
    GraphQLSchema,
    GraphQLString,
    GraphQLUnionType,
    OperationDefinitionNode,
    OperationType,
    get_named_type,
    get_operation_ast,
    is_composite_type,
    is_object_type,
)

from router.planner.budget import Budget
from router.planner.collecting import Collector, Selected
from router.planner.conditions import ALWAYS, either
from router.planner.deferring import NOT_DELAYED, Deferring
from router.planner.errors import PlanningError
from router.planner.introspection import introspection_document
from router.planner.occurrences import Piece, pieces_of, response_key, undecided
from router.planner.operation import Field, Operation
from router.planner.values import print_arguments, print_directives, print_variable_definition
from router.query_plan.nodes import Conditions, Delay

__all__ = ["normalize"]

_TYPENAME_TYPE = GraphQLNonNull(GraphQLString)
_NOTHING: Mapping[str, bool] = {}
_OPERATION_LOCATIONS = {
    OperationType.QUERY: DirectiveLocation.QUERY,
    OperationType.MUTATION: DirectiveLocation.MUTATION,
    OperationType.SUBSCRIPTION: DirectiveLocation.SUBSCRIPTION,
}


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

    Raises ``PlanningError`` when there is no such operation (GraphQL spec §6.1, GetOperation), and
    ``PlanningBudgetError``. A fragment is visited once per place, types and conditions, however often it is spread.
    """
    node = get_operation_ast(document, operation_name)
    if node is None:
        raise PlanningError("The document has no such operation.")
    root = schema.get_root_type(node.operation)
    if root is None:
        raise PlanningError(f"The schema has no {node.operation.value} type.")
    collector = Collector(schema, document, unauthorized, budget, deferring, decided)
    normalizer = _Normalizer(schema, hiding, collector, deferring)
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
        directives={
            kind: print_directives(schema, [node], location) for kind, location in _OPERATION_LOCATIONS.items()
        },
        introspection=introspection_document(document, node),
        usages=() if deferring is None else tuple(deferring.usages),
        undecided=tuple(sorted(normalizer.undecided)),
    )


class _Normalizer:
    def __init__(
        self, schema: GraphQLSchema, hiding: frozenset[str], collector: Collector, deferring: Deferring | None
    ) -> None:
        self._schema = schema
        self._hiding = hiding
        self._collector = collector
        self._deferring = deferring
        self.undecided: set[str] = set()
        """Variables on which the order of fields depends."""

    def root(self, root: GraphQLCompositeType, node: OperationDefinitionNode) -> tuple[Field, ...]:
        return self._fields(root, [Selected(root, node.selection_set, ALWAYS)], ())

    def _fields(
        self, static: GraphQLCompositeType, selected: Iterable[Selected], path: tuple[str, ...]
    ) -> tuple[Field, ...]:
        """The fields of an object of type ``static``, in the order of the response."""
        every = self._collector.possible_types(static)
        ordered = pieces_of(self._collector.collect(selected, every, path))
        self.undecided.update(undecided(ordered))
        return tuple(self._field(static, every, piece, path) for piece in ordered)

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
            directives=print_directives(self._schema, [found.node for found in piece.occurrences]),
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
        selected: list[Selected] = []
        for occurrence in piece.occurrences:
            target = get_named_type(self._type_of(occurrence.parent, name))
            if occurrence.node.selection_set is not None and is_composite_type(target):
                inner = ALWAYS if occurrence.include == include else occurrence.include
                selected.append(Selected(target, occurrence.node.selection_set, inner, occurrence.usage))
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
