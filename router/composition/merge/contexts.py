"""``@context``: names are made unique by the subgraph that sets them."""

from __future__ import annotations

from router.composition.merge.context import MergeContext
from router.composition.schema import Application

__all__ = ["merge_contexts"]


def merge_contexts(context: MergeContext) -> None:
    """Copy every application as ``<subgraph>__<name>``."""
    for dest in context.supergraph.types.values():
        for index, source in context.type_sources(dest.name).items():
            for application in source.all("context"):
                name = f"{context.subgraphs[index].name}__{application.text('name')}"
                dest.applied.append(Application("context", {"name": name}, "context"))
