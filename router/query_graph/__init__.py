"""The query graph: from an object held in one subgraph, which moves lead to which field.

Nodes are types of subgraphs. Moves are fields (``FieldEdge``) and jumps by key (``KeyEdge``). Composition asks it
whether every field can be reached, the planner asks it what reaching costs. Modules in order of control flow:

- ``edges``: the moves
- ``graph``: ``QueryGraph``, built from a supergraph
- ``reach``: which subgraphs can be entered from where, and at what price
- ``text``: the printed form
"""

from __future__ import annotations

from router.query_graph.edges import FieldEdge, KeyEdge
from router.query_graph.graph import QueryGraph
from router.query_graph.reach import Reach, Route
from router.query_graph.text import print_query_graph

__all__ = ["FieldEdge", "KeyEdge", "QueryGraph", "Reach", "Route", "print_query_graph"]
