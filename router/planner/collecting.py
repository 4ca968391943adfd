"""Collecting: the selections of one selection set of the response become occurrences of fields.

Fragments are inlined, type conditions become sets of object types of the API schema, ``@skip`` and ``@include`` become
``Conditions`` (GraphQL spec, section 6.3.2 CollectFields).
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
    GraphQLSchema,
    InlineFragmentNode,
    SelectionNode,
    SelectionSetNode,
    is_composite_type,
)
from graphql.language.ast import Node

from router.planner.budget import Budget
from router.planner.conditions import ALWAYS, both
from router.planner.deferring import Deferring, is_disabled
from router.planner.errors import PlanningError
from router.planner.occurrences import Occurrence
from router.planner.values import value_variables
from router.query_plan.nodes import Conditions
from router.supergraph.field_set import possible_types

__all__ = ["Collector", "Selected"]


@dataclass(frozen=True, slots=True)
class Selected:
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


class Collector:
    """Collects the occurrences of fields of one operation.

    Fields at ``unauthorized`` coordinates become occurrences of their own. Without ``deferring`` it is as if no
    fragment were deferred. Conditions on ``decided`` variables are evaluated. ``budget`` counts every selection.
    """

    def __init__(
        self,
        schema: GraphQLSchema,
        document: DocumentNode,
        unauthorized: frozenset[tuple[str, str]],
        budget: Budget,
        deferring: Deferring | None,
        decided: Mapping[str, bool],
    ) -> None:
        self._schema = schema
        self._unauthorized = unauthorized
        self._budget = budget
        self._deferring = deferring
        self._decided = decided
        self._directives: dict[int, int] = {}
        self._fragments = {
            node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)
        }
        self._possible: dict[str, frozenset[str]] = {}

    def collect(self, selected: Iterable[Selected], types: frozenset[str], path: tuple[str, ...]) -> list[Occurrence]:
        """The occurrences for objects of these types at a path of response keys, in the order of the document.

        Raises ``PlanningBudgetError``.
        """
        place = _Place(path)
        for one in selected:
            self._flatten(one, types, place)
        return place.found

    def possible_types(self, type_: GraphQLCompositeType) -> frozenset[str]:
        """The object types of the API schema that objects of a type can have."""
        known = self._possible.get(type_.name)
        if known is None:
            known = self._possible[type_.name] = possible_types(self._schema, type_.name)
        return known

    def _flatten(self, selected: Selected, types: frozenset[str], place: _Place) -> None:
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
                    below = Selected(condition, inner.selection_set, included, delayed_by)
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
        return condition, types & self.possible_types(condition)

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
