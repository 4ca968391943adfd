"""The planner: operation in, query plan out. The pipeline is ``Planner._explain``, read from top to bottom."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from graphql import DocumentNode, OperationType

from router.planner.budget import Budget, Limits
from router.planner.deferring import Deferring
from router.planner.emit import Emitter, in_sequence
from router.planner.errors import PlanningBudgetError
from router.planner.normalize import normalize
from router.planner.operation import Field, Operation
from router.planner.response import response_fields
from router.planner.search import Built, Search
from router.query_graph import QueryGraph, Reach
from router.query_plan.nodes import Defer, Deferred, QueryPlan, ResponseField
from router.supergraph import Supergraph
from router.supergraph.field_set import possible_types

__all__ = ["Planner", "PlanningReport"]


@dataclass(frozen=True, slots=True)
class PlanningReport:
    """A plan and what it took to find it."""

    plan: QueryPlan
    plans: int
    """Complete plans built and compared."""
    moves: int
    """Moves of the query graph examined."""
    selections: int
    """Selections of the document visited, fragments expanded."""
    decided_by: tuple[str, ...] = ()
    """Variables of ``@skip`` and ``@include`` on which the order of the answer depends: the plan is for the values
    they had when it was made. Sorted."""


class Planner:
    """Plans operations against one supergraph. Pure, synchronous and deterministic."""

    def __init__(
        self, supergraph: Supergraph, limits: Limits | None = None, override_labels: frozenset[str] = frozenset()
    ) -> None:
        self.supergraph = supergraph
        self.limits = limits or Limits()
        self.query_graph = QueryGraph(supergraph, override_labels)
        self._reach = Reach(self.query_graph)
        self._hiding = frozenset(_hiding(supergraph))

    def plan(
        self,
        document: DocumentNode,
        operation_name: str | None = None,
        unauthorized: frozenset[tuple[str, str]] = frozenset(),
        variables: Mapping[str, Any] | None = None,
    ) -> QueryPlan:
        """Plan one operation of a document that is valid against the API schema.

        Fields at ``unauthorized`` coordinates are not fetched. Of the coerced ``variables`` the plan depends on those
        only that decide the order of the answer, and with it of mutations: in ``{ a @skip(if: $v) b a }`` it is
        ``a b`` or ``b a``. Without them a field stands where it occurs first. Root fields of a mutation run one after
        the other (GraphQL spec §6.2.2).

        For one plan every subgraph that gives a field is examined for every object type the field is selected on. What
        several subgraphs give is a choice, and combinations of choices are compared within ``limits``. A query or
        mutation with ``@defer`` is planned with it and without it.

        Raises ``PlanningError``: ``UnsatisfiableError`` when a field cannot be reached, ``PlanningBudgetError`` when
        planning takes more than ``limits``.
        """
        return self.explain(document, operation_name, unauthorized, variables).plan

    def explain(
        self,
        document: DocumentNode,
        operation_name: str | None = None,
        unauthorized: frozenset[tuple[str, str]] = frozenset(),
        variables: Mapping[str, Any] | None = None,
    ) -> PlanningReport:
        """Plan, and say what it took and which variables' values it is for; raises as ``plan`` does."""
        try:
            return self._explain(document, operation_name, unauthorized, variables or {})
        except RecursionError:
            raise PlanningBudgetError("The operation is nested too deeply to be planned.") from None

    def _explain(
        self,
        document: DocumentNode,
        operation_name: str | None,
        unauthorized: frozenset[tuple[str, str]],
        variables: Mapping[str, Any],
    ) -> PlanningReport:
        budget = Budget(self.limits)
        read = partial(
            normalize, self.supergraph.api_schema, self._hiding, document, operation_name, unauthorized, budget
        )
        operation = read(Deferring())
        decided = {name: variables[name] for name in operation.undecided if name in variables}
        if decided:
            operation = read(Deferring(), decided)
        defer = None
        if operation.usages:
            if operation.type is not OperationType.SUBSCRIPTION:
                defer = self._defer(operation, budget)
            operation = read(None, decided)
        search = Search(self.query_graph, self._reach, operation, budget)
        parts = self._parts(operation, search)
        budget.fetch(_requests(parts))
        emitter = Emitter(operation)
        plan = QueryPlan(
            operation_type=operation.type,
            operation_name=operation.name,
            root_type=operation.root_type,
            node=in_sequence([emitter.emit(built.graph) for _, built in parts if built.graph.requests]),
            response=self._response(parts),
            introspection=operation.introspection,
            defer=defer,
        )
        return PlanningReport(plan, budget.plans, budget.moves, budget.selections, tuple(decided))

    def _defer(self, operation: Operation, budget: Budget) -> Defer:
        """The plan that answers bit by bit what ``@defer`` delays."""
        parts = self._parts(operation, Search(self.query_graph, self._reach, operation, budget))
        budget.fetch(_requests(parts))
        emitter = Emitter(operation)
        primary = in_sequence([emitter.emit_primary(built.graph) for _, built in parts])
        response: list[ResponseField] = []
        deferred: list[Deferred] = []
        for fields, built in parts:
            first = len(deferred)
            response += response_fields(self.supergraph.api_schema, built.root, fields, built.blocks, first)
            deferred += emitter.emit_deferred(built.graph, built.blocks.all, first)
        return Defer(primary, tuple(deferred), operation.usages, tuple(response))

    def _parts(self, operation: Operation, search: Search) -> list[tuple[tuple[Field, ...], Built]]:
        """Root fields planned together. Mutations run in order: two share a request only when nothing of the first
        is left to be completed before the second may start."""
        if operation.type is not OperationType.MUTATION:
            return [(operation.fields, search.best(operation.fields))]
        alone = [((field,), search.best((field,))) for field in operation.fields]
        groups: list[list[tuple[tuple[Field, ...], Built]]] = []
        for part in alone:
            if groups and _is_one_request_to(groups[-1][-1][1], part[1]):
                groups[-1].append(part)
            else:
                groups.append([part])
        return [part for group in groups for part in self._joined(group, search)]

    def _joined(
        self, group: list[tuple[tuple[Field, ...], Built]], search: Search
    ) -> list[tuple[tuple[Field, ...], Built]]:
        """Mutations to one subgraph as one part, unless that takes more requests than the last of them alone."""
        if len(group) == 1:
            return group
        fields = tuple(field for one, _ in group for field in one)
        built = search.best(fields)
        return [(fields, built)] if len(built.primary) == len(group[-1][1].primary) else group

    def _response(self, parts: list[tuple[tuple[Field, ...], Built]]) -> tuple[ResponseField, ...]:
        return tuple(
            entry
            for fields, built in parts
            for entry in response_fields(self.supergraph.api_schema, built.root, fields, built.blocks)
        )


def _requests(parts: list[tuple[tuple[Field, ...], Built]]) -> int:
    return sum(len(built.graph.requests) for _, built in parts)


def _is_one_request_to(earlier: Built, later: Built) -> bool:
    first, second = earlier.primary, later.primary
    return len(first) == 1 and bool(second) and first[0].graph == second[0].graph


def _hiding(supergraph: Supergraph) -> Iterator[str]:
    """Abstract types with objects whose type is not in the API.

    Not those that some subgraph has as an interface object: what it tells is for objects of any type, without asking.
    """
    for name, joined in supergraph.types.items():
        shown = possible_types(supergraph.api_schema, name)
        stood_for = any(join.interface_object for join in joined.joins.values())
        if shown < possible_types(supergraph.schema, name) and not stood_for:
            yield name
