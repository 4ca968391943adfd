"""Walks every query of the API, as states of "an object of this type, held in one of these ways"."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from graphql import (
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    get_named_type,
)

from router.composition.satisfiability.options import Options
from router.composition.satisfiability.reachability import Holding
from router.composition.satisfiability.setting import Context, Setting

__all__ = ["Failure", "SharedRuntimeTypes", "Step", "Walk"]


@dataclass(frozen=True, slots=True)
class Step:
    """One selection of a query: a field, or a type condition when ``condition`` is set. ``root`` begins a query."""

    name: str
    parent: Step | None = None
    condition: bool = False

    def steps(self) -> list[Step]:
        """From the operation to here."""
        before = self.parent.steps() if self.parent is not None else []
        return [*before, self]


@dataclass(frozen=True, slots=True)
class Failure:
    """``field`` of an object of ``type_name`` cannot be read, however it is held. No field: its type is unknown."""

    path: Step
    type_name: str
    field: str | None
    holdings: tuple[Holding, ...]
    available: frozenset[Context] = frozenset()
    """The contexts that are set above."""

    @property
    def coordinate(self) -> str:
        """``Type.field``, or the type alone."""
        return self.type_name if self.field is None else f"{self.type_name}.{self.field}"


@dataclass(frozen=True, slots=True)
class SharedRuntimeTypes:
    """A shared field of an abstract type gives different object types: by subgraph, the ones it can give."""

    path: Step
    coordinate: str
    types: dict[str, frozenset[str]]

    @property
    def disjoint(self) -> bool:
        """Whether no type is common to all."""
        return not frozenset.intersection(*self.types.values())


class Walk:
    """One walk over the API. ``failures`` and ``shared`` hold one entry per coordinate: the shortest way to it."""

    def __init__(self, api_schema: GraphQLSchema, options: Options) -> None:
        self._schema = api_schema
        self._options = options
        self._setting = Setting(options)
        self._queue: deque[tuple[Step, str, frozenset[Holding], frozenset[Context]]] = deque()
        self._seen: dict[str, list[tuple[frozenset[Holding], frozenset[Context]]]] = {}
        self.failures: dict[tuple[str, str | None], Failure] = {}
        self.shared: dict[str, SharedRuntimeTypes] = {}

    def run(self, max_states: int | None = None) -> bool:
        """Visit every state once; a state is settled when one with fewer holdings and contexts was. False if there are
        too many.

        Each state asks for every field of its type from every way of holding it, and is compared with all earlier ones
        of its type. Their number is that of the sets of ways in which queries come to hold a type: nearly always few,
        at worst exponential in the subgraphs that know it.
        """
        for operation, root in (
            ("query", self._schema.query_type),
            ("mutation", self._schema.mutation_type),
            ("subscription", self._schema.subscription_type),
        ):
            if root is not None:
                holdings = frozenset(
                    Holding(graph, root.name)
                    for graph in self._options.graph.graphs
                    if self._options.graph.knows(graph, root.name)
                )
                self._enter(Step(operation), root.name, holdings, frozenset())
        visited = 0
        while self._queue:
            visited += 1
            if max_states is not None and visited > max_states:
                return False
            self._visit(*self._queue.popleft())
        return True

    def _enter(self, path: Step, type_name: str, holdings: frozenset[Holding], available: frozenset[Context]) -> None:
        seen = self._seen.setdefault(type_name, [])
        if not any(earlier <= holdings and contexts <= available for earlier, contexts in seen):
            seen.append((holdings, available))
            self._queue.append((path, type_name, holdings, available))

    def _visit(self, path: Step, type_name: str, holdings: frozenset[Holding], available: frozenset[Context]) -> None:
        type_ = self._schema.type_map.get(type_name)
        if not isinstance(type_, GraphQLObjectType):
            return
        ordered = sorted(holdings, key=lambda holding: (holding.graph, holding.type_name))
        below = self._setting.below(type_name, ordered, available)
        distinct = self._options.distinct(type_name, ordered)
        for name, field in type_.fields.items():
            step = Step(name, path)
            found = dict.fromkeys(
                option for holding in distinct for option in self._options.reading(type_name, name, holding, available)
            )
            if not found:
                failure = Failure(step, type_name, name, tuple(ordered), available)
                self.failures.setdefault((type_name, name), failure)
                continue
            target = get_named_type(field.type)
            if isinstance(target, GraphQLObjectType):
                self._enter(step, target.name, frozenset(found), below)
            elif isinstance(target, GraphQLInterfaceType | GraphQLUnionType):
                self._enter_abstract(step, f"{type_name}.{name}", target, tuple(found), below)

    def _enter_abstract(
        self,
        path: Step,
        coordinate: str,
        abstract: GraphQLInterfaceType | GraphQLUnionType,
        holdings: tuple[Holding, ...],
        available: frozenset[Context],
    ) -> None:
        if not self._agree_on_types(path, coordinate, holdings):
            return
        by_holding = [(holding, self._options.concrete(abstract.name, holding)) for holding in holdings]
        usable = [found for _, found in by_holding if found is not None]
        if not usable and not self._schema.get_possible_types(abstract):
            return
        if not usable:
            self.failures.setdefault((abstract.name, None), Failure(path, abstract.name, None, holdings))
            return
        for name in sorted({name for found in usable for name in found}):
            # a subgraph that never gives this type settles the condition: it matches nothing there
            if all(name in found for found in usable):
                states = frozenset(holding for found in usable for holding in found[name])
                self._enter(Step(name, path, condition=True), name, states, available)

    def _agree_on_types(self, path: Step, coordinate: str, holdings: tuple[Holding, ...]) -> bool:
        types = dict(self._runtime_types(holdings))
        if len(types) > 1 and len(set(types.values())) > 1:
            found = self.shared.setdefault(coordinate, SharedRuntimeTypes(path, coordinate, types))
            return not found.disjoint
        return True

    def _runtime_types(self, holdings: tuple[Holding, ...]) -> Iterator[tuple[str, frozenset[str]]]:
        graph = self._options.graph
        for holding in holdings:
            abstract = not graph.is_object(holding.type_name)
            if abstract and not graph.is_interface_object(holding.graph, holding.type_name):
                yield holding.graph, graph.possible_types(holding.graph, holding.type_name)
