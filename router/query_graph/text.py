"""The printed form of a query graph: one block per subgraph, one line per type, field and key."""

from __future__ import annotations

from collections.abc import Iterator

from router.query_graph.graph import QueryGraph
from router.supergraph.field_set import print_field_set

__all__ = ["print_query_graph"]


def print_query_graph(graph: QueryGraph) -> str:
    """The graph as text, in the order of the supergraph."""
    return "\n".join(line for name in graph.graphs for line in _subgraph(graph, name)) + "\n"


def _subgraph(graph: QueryGraph, name: str) -> Iterator[str]:
    yield f"{name} {{"
    for joined in graph.supergraph.types.values():
        if name in joined.joins:
            yield f"  {joined.name}"
            for entry in graph.entries(joined.name):
                if entry.graph == name and entry.type == joined.name:
                    yield f"    <- key {{ {print_field_set(entry.key)} }}"
            for field in joined.fields:
                edge = graph.edge(name, joined.name, field)
                if edge is not None:
                    yield (
                        f"    {field}: {edge.shape}"
                        + "".join(
                            f" {word} {{ {print_field_set(fields)} }}" if fields else ""
                            for word, fields in (("requires", edge.requires), ("provides", edge.provides))
                        )
                        + "".join(f" ({argument.name} from ${argument.context})" for argument in edge.contexts)
                        + (" external" if edge.external else "")
                    )
    yield "}"
