"""Merging can break a GraphQL rule that each subgraph keeps, such as an argument an implementation lacks."""

from __future__ import annotations

from graphql import validate_schema

from router.composition.errors import CompositionError
from router.supergraph import Supergraph

__all__ = ["check_supergraph_graphql"]


def check_supergraph_graphql(supergraph: Supergraph) -> list[CompositionError]:
    """INVALID_GRAPHQL for every rule the API schema breaks."""
    return [
        CompositionError("INVALID_GRAPHQL", f"The merged API schema is not valid GraphQL: {error.message}")
        for error in validate_schema(supergraph.api_schema)
    ]
