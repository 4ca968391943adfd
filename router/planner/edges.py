"""Which edges of the query graph a selection may take."""

from __future__ import annotations

from router.planner.operation import Field
from router.query_graph import FieldEdge, QueryGraph

__all__ = ["Edges"]


class Edges:
    """The edges for the fields of one plan; what was found is remembered."""

    def __init__(self, graph: QueryGraph) -> None:
        self._graph = graph
        self._allowed: dict[tuple[str, str, str, bool], list[FieldEdge]] = {}
        self._direct: dict[tuple[str, str, str, bool], dict[str, FieldEdge]] = {}
        self._plain: dict[tuple[str, frozenset[str], str, str], FieldEdge | None] = {}

    def allowed(self, field: Field, type_name: str) -> list[FieldEdge]:
        """Resolving edges. A selection on an interface is answered by interface objects where there are any, a
        selection on an object type by the type's own definitions where there are any; what a representation takes
        from an interface, by whoever has it."""
        identity = (type_name, field.name, field.parent_type, field.types is None)
        known = self._allowed.get(identity)
        if known is None:
            known = self._allowed[identity] = self._find_allowed(field, type_name)
        return known

    def direct(self, graph: str, type_name: str, field: Field) -> FieldEdge | None:
        """How a subgraph gives a field to whoever holds the object there; ``None``: it does not."""
        identity = (type_name, field.name, field.parent_type, field.types is None)
        known = self._direct.get(identity)
        if known is None:
            known = self._direct[identity] = {}
            for edge in self.allowed(field, type_name):
                if not edge.by_entry_only:
                    known.setdefault(edge.graph, edge)
        return known.get(graph)

    def plain(self, graph: str, field: Field, types: frozenset[str]) -> FieldEdge | None:
        """A type's own field in a subgraph, if each of the types has it there and nothing is needed to read it."""
        identity = (graph, types, field.name, field.parent_type)
        if identity not in self._plain:
            self._plain[identity] = self._find_plain(graph, field, types)
        return self._plain[identity]

    def _find_allowed(self, field: Field, type_name: str) -> list[FieldEdge]:
        edges = list(self._graph.resolvers(type_name, field.name))
        own = [edge for edge in edges if edge.parent == type_name]
        if len(own) == len(edges) or not own:
            return edges
        if field.types is not None or self._graph.is_object(field.parent_type):
            return own
        if field.internal:
            return edges
        visible = [edge for edge in own if self._graph.edge(edge.graph, field.parent_type, field.name) is not None]
        return [*(edge for edge in edges if edge.parent != type_name), *visible]

    def _find_plain(self, graph: str, field: Field, types: frozenset[str]) -> FieldEdge | None:
        first = None
        for name in sorted(types):
            edge = self._graph.edge(graph, name, field.name)
            if edge is None or edge.by_entry_only or edge not in self.allowed(field, name):
                return None
            first = first or edge
        return first
