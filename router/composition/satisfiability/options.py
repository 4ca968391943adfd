"""From which subgraphs a field of an object can be read, given where the object may be held."""

from __future__ import annotations

from router.composition.satisfiability.reachability import Holding, Reachability
from router.query_graph import QueryGraph

__all__ = ["Options"]


class Options:
    """Answers for one query graph, remembered per holding."""

    def __init__(self, graph: QueryGraph) -> None:
        self.graph = graph
        self.reachability = Reachability(graph)
        self._known: dict[tuple[str, str, Holding], tuple[Holding, ...]] = {}

    def reading(self, type_name: str, field: str, holding: Holding) -> tuple[Holding, ...]:
        """Where the field's value can be held after reading it of an object of ``type_name`` that is held so."""
        identity = (type_name, field, holding)
        if identity not in self._known:
            self._known[identity] = tuple(self.reachability.field(type_name, field, holding))
        return self._known[identity]

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
