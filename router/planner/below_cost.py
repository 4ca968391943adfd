"""What a field's selections cost below it, estimated from the query graph alone."""

from __future__ import annotations

from router.planner.operation import Field
from router.planner.providing import is_provided, provided_below
from router.query_graph import FieldEdge, QueryGraph
from router.supergraph import FieldSet

__all__ = ["BelowCost"]


class BelowCost:
    """How many further fetches selections will at least need, roughly. Estimates are remembered for one plan."""

    def __init__(self, graph: QueryGraph) -> None:
        self._graph = graph
        self._known: dict[tuple[str, str, tuple[Field, ...], FieldSet], int] = {}

    def of(self, field: Field, edge: FieldEdge, provided: FieldSet) -> int:
        """Fetches for what is selected of a field whose object comes over ``edge``, which ``provided`` adds to."""
        if not field.selections:
            return 0
        identity = (edge.graph, edge.target, field.selections, provided)
        known = self._known.get(identity)
        if known is None:
            known = self._known[identity] = self._count(edge.graph, edge.target, field, provided)
        return known

    def _count(self, graph: str, target: str, above: Field, provided: FieldSet) -> int:
        opaque = self._graph.is_interface_object(graph, target)
        possible = frozenset((target,)) if opaque else self._graph.possible_types(graph, target)
        missing: set[str] = set()
        total = 0
        for field in above.selections:
            if field.delayed_by != above.delayed_by:
                continue  # another block's
            if field.origin == "typename" and opaque:
                missing.add("__typename")
            if field.origin != "data":
                continue
            relevant = possible if field.types is None else possible & field.types
            if not relevant and possible:
                total += 1
            targets = {}
            for name in sorted(relevant):
                edge = self._graph.edge(graph, name, field.name)
                if edge is not None and self._is_local(edge, name, field, provided):
                    targets[edge.target] = self.of(field, edge, provided_below(provided, edge, name))
                else:
                    missing.add(self._elsewhere(name, field))
            total += max(targets.values(), default=0)
        return total + len(missing)

    def _is_local(self, edge: FieldEdge, type_name: str, field: Field, provided: FieldSet) -> bool:
        return is_provided(provided, type_name, field.name) or not (edge.external or edge.by_entry_only)

    def _elsewhere(self, type_name: str, field: Field) -> str:
        edges = self._graph.resolvers(type_name, field.name)
        return edges[0].graph if edges else ""
