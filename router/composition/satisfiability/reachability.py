"""Which subgraphs an object can be brought to by its keys, and which field sets can be read of it on the way.

Exact but deliberately narrow, as federation routers plan: what a key of subgraph B selects is never read from B itself.
"""

from __future__ import annotations

from dataclasses import dataclass

from router.query_graph import FieldEdge, KeyEdge, QueryGraph
from router.supergraph import FieldSet, FieldSetField

__all__ = ["Holding", "Reachability"]

_BARRED_TOGETHER = 3
"""How deep keys of keys are followed exactly; deeper, a key counts as readable if all its fields are."""


@dataclass(frozen=True, slots=True)
class Holding:
    """An object is held in ``graph`` as its type ``type_name``; ``provided`` of it can be read there as well."""

    graph: str
    type_name: str
    provided: FieldSet = ()


class Reachability:
    """Answers for one query graph, remembered. Worst case: types by holdings by subsets of barred subgraphs; in
    practice keys nest one or two levels."""

    def __init__(self, graph: QueryGraph) -> None:
        self.graph = graph
        query = graph.schema.query_type
        self._query = query.name if query is not None else None
        self._known: dict[tuple[str, Holding, frozenset[str]], frozenset[str]] = {}
        self._pending: set[tuple[str, str, str]] = set()
        self._interrupted = False

    def is_everywhere(self, type_name: str) -> bool:
        """Whether an object of the type is held in every subgraph as soon as it is in one."""
        return type_name == self._query

    def graphs(self, type_name: str, holding: Holding, barred: frozenset[str] = frozenset()) -> frozenset[str]:
        """The subgraphs where an object of ``type_name`` held so can be held. The query root is in all of them."""
        if self.is_everywhere(type_name):
            return frozenset(self.graph.graphs) - barred | {holding.graph}
        identity = (type_name, holding, barred)
        known = self._known.get(identity)
        if known is not None:
            return known
        outer, self._interrupted = self._interrupted, False
        answer = frozenset(self._closure(type_name, holding, barred))
        if not self._interrupted:
            self._known[identity] = answer
        self._interrupted = (outer or self._interrupted) and bool(self._pending)
        return answer

    def _closure(self, type_name: str, holding: Holding, barred: frozenset[str]) -> set[str]:
        entered: dict[str, set[FieldSet]] = {holding.graph: set()}
        entries = [entry for entry in self.graph.entries(type_name) if entry.graph not in barred]
        growing = True
        while growing:
            growing = False
            for entry in entries:
                keys = entered.get(entry.graph)
                if keys is not None and (entry.key in keys or entry.graph == holding.graph):
                    continue
                if self._enters(type_name, entry, holding, entered, barred):
                    entered.setdefault(entry.graph, set()).add(entry.key)
                    growing = True
        return set(entered)

    def _enters(
        self,
        type_name: str,
        entry: KeyEdge,
        holding: Holding,
        entered: dict[str, set[FieldSet]],
        barred: frozenset[str],
    ) -> bool:
        """Whether the key can be read where the object is held, or on a way that does not touch the key's subgraph.

        A subgraph entered by the same key is no way: one could have gone on directly.
        """
        inner = barred | {entry.graph}
        if self._reads(type_name, entry.key, holding, frozenset((holding.graph,)), inner):
            return True
        others = frozenset(entered) - {entry.graph}
        if len(others) == 1 or not self._reads(type_name, entry.key, holding, others, inner):
            return False
        if len(inner) > _BARRED_TOGETHER:
            return True
        if self._reads(type_name, entry.key, holding, self.graphs(type_name, holding, inner), inner):
            return True
        return any(
            self._reads(type_name, entry.key, start, self.graphs(type_name, start, inner), inner)
            for graph in sorted(others - {holding.graph})
            if entered[graph] - {entry.key}
            for start in (Holding(graph, type_name),)
        )

    def field(
        self, type_name: str, field: str, holding: Holding, without: frozenset[FieldEdge] = frozenset()
    ) -> list[Holding]:
        """All ways of holding the field's value after reading it by other edges than those it must do ``without``."""
        reached = self.graphs(type_name, holding)
        return self._values(type_name, field, holding, reached, frozenset(), without)

    def reads(self, type_name: str, fields: FieldSet, holding: Holding) -> bool:
        """Whether all of a field set can be read of an object."""
        return self._reads(type_name, fields, holding, self.graphs(type_name, holding), frozenset())

    def _values(
        self,
        type_name: str,
        field: str,
        holding: Holding,
        reached: frozenset[str],
        barred: frozenset[str],
        without: frozenset[FieldEdge] = frozenset(),
    ) -> list[Holding]:
        found: list[Holding] = []
        below = [entry for entry in holding.provided if entry.name == field]
        inner = tuple(selection for entry in below for selection in entry.selections)
        own = self.graph.edge(holding.graph, type_name, field)
        if own is not None and own.external and below:
            found.append(Holding(own.graph, own.target, inner))
        for edge in self.graph.resolvers(type_name, field):
            if edge not in without and edge.graph in reached and self._meets(type_name, edge, holding, reached, barred):
                extra = inner if edge.graph == holding.graph else ()
                found.append(Holding(edge.graph, edge.target, (*edge.provides, *extra)))
        return found

    def _meets(
        self, type_name: str, edge: FieldEdge, holding: Holding, reached: frozenset[str], barred: frozenset[str]
    ) -> bool:
        if not edge.by_entry_only:
            return True
        identity = (type_name, edge.graph, edge.field)
        if identity in self._pending:
            self._interrupted = True
            return False
        self._pending.add(identity)
        try:
            return self._reads(type_name, edge.requires, holding, reached, barred) and any(
                entry.graph == edge.graph and self._reads(type_name, entry.key, holding, reached, barred)
                for entry in self.graph.entries(type_name)
            )
        finally:
            self._pending.discard(identity)

    def _reads(
        self, type_name: str, fields: FieldSet, holding: Holding, reached: frozenset[str], barred: frozenset[str]
    ) -> bool:
        return all(self._reads_field(type_name, field, holding, reached, barred) for field in fields)

    def _reads_field(
        self, type_name: str, field: FieldSetField, holding: Holding, reached: frozenset[str], barred: frozenset[str]
    ) -> bool:
        if field.types is not None and type_name not in field.types and self.graph.is_object(type_name):
            return True
        values = self._values(type_name, field.name, holding, reached, barred)
        if not field.selections:
            return bool(values)
        return any(self._reads_below(field.selections, value, barred) for value in values)

    def _reads_below(self, fields: FieldSet, value: Holding, barred: frozenset[str]) -> bool:
        if self.graph.is_interface_object(value.graph, value.type_name):
            names = frozenset((value.type_name,))
        else:
            names = self.graph.possible_types(value.graph, value.type_name)
        return all(self._reads(name, fields, value, self.graphs(name, value, barred), barred) for name in names)
