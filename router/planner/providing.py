"""What ``@provides`` makes readable in a subgraph besides its own fields."""

from __future__ import annotations

from router.query_graph import FieldEdge
from router.supergraph import FieldSet

__all__ = ["is_provided", "provided_below"]


def provided_below(provided: FieldSet, edge: FieldEdge, type_name: str) -> FieldSet:
    """What is provided below an edge: by the edge itself, and by the ``@provides`` above it."""
    inherited = tuple(
        below
        for found in provided
        if _covers(found.types, type_name) and found.name == edge.field
        for below in found.selections
    )
    return (*edge.provides, *inherited)


def is_provided(provided: FieldSet, type_name: str, name: str) -> bool:
    """Whether a field of objects of a type is among what is provided for them."""
    return any(found.name == name and _covers(found.types, type_name) for found in provided)


def _covers(types: frozenset[str] | None, type_name: str) -> bool:
    return types is None or type_name in types
