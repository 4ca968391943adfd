"""Merging can break a GraphQL rule that each subgraph keeps, such as an argument an implementation lacks."""

from __future__ import annotations

import re

from graphql import validate_schema

from router.composition.errors import CompositionError
from router.composition.merge.context import MergeContext
from router.supergraph import Supergraph

__all__ = ["check_supergraph_graphql"]

_NAME = re.compile(r"\w+")


def check_supergraph_graphql(context: MergeContext, supergraph: Supergraph) -> list[CompositionError]:
    """INVALID_GRAPHQL for every rule the API schema breaks."""
    return [
        CompositionError(
            "INVALID_GRAPHQL",
            f"The merged API schema is not valid GraphQL: {error.message.removesuffix('.')}."
            f" Define it alike in {_involved(context, error.message)}.",
        )
        for error in validate_schema(supergraph.api_schema)
    ]


def _involved(context: MergeContext, message: str) -> str:
    """The subgraphs that have a type the message names, or all."""
    named = {index for name in _NAME.findall(message) for index in context.type_sources(name)}
    return context.names(sorted(named) or range(len(context.subgraphs)))
