"""From which subgraphs a field of an object can be read, given where the object may be held."""

from __future__ import annotations

from router.composition.satisfiability.reachability import Holding, Reachability
from router.composition.satisfiability.setting import Context, context_of
from router.query_graph import FieldEdge, QueryGraph

__all__ = ["Options"]


class Options:
    """Answers for one query graph, remembered per holding."""

    def __init__(self, graph: QueryGraph) -> None:
        self.graph = graph
        self.reachability = Reachability(graph)
        self._known: dict[tuple[str, str, Holding, frozenset[FieldEdge]], tuple[Holding, ...]] = {}

    def reading(
        self, type_name: str, field: str, holding: Holding, available: frozenset[Context] = frozenset()
    ) -> tuple[Holding, ...]:
        """Where the field's value can be held after reading it of an object of ``type_name`` that is held so, and for
        whose fields the objects above make contexts ``available``."""
        without = frozenset(edge for edge in self.graph.resolvers(type_name, field) if not self._set(edge, available))
        identity = (type_name, field, holding, without)
        if identity not in self._known:
            self._known[identity] = tuple(self.reachability.field(type_name, field, holding, without))
        return self._known[identity]

    def distinct(self, type_name: str, holdings: list[Holding]) -> list[Holding]:
        """Holdings from which everything can be read that can be read from all of them.

        The query root is in every subgraph: the same is read of it however it is held. With many subgraphs most of all
        reading would be of its fields.
        """
        if self.reachability.is_everywhere(type_name) and not any(holding.provided for holding in holdings):
            return holdings[:1]
        return holdings

    @staticmethod
    def _set(edge: FieldEdge, available: frozenset[Context]) -> bool:
        return all(context_of(argument) in available for argument in edge.contexts)

    def concrete(self, abstract: str, holding: Holding) -> dict[str, tuple[Holding, ...]] | None:
        """By object type, the holdings of a value of an abstract type.

        An interface object knows no object types: the value is first brought to subgraphs that have the interface.
        None if it cannot be brought to any.
        """
        if not self.graph.is_interface_object(holding.graph, holding.type_name):
            names = self.graph.possible_types(holding.graph, holding.type_name)
            return {name: (Holding(holding.graph, name, holding.provided),) for name in sorted(names)}
        found: dict[str, tuple[Holding, ...]] = {}
        for graph in sorted(self.reachability.graphs(abstract, holding)):
            if graph != holding.graph and not self.graph.is_interface_object(graph, abstract):
                for name in sorted(self.graph.possible_types(graph, abstract)):
                    found[name] = (*found.get(name, ()), Holding(graph, name))
        return found or None
