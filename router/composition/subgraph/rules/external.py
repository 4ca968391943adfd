"""``@external``: on fields of objects only, and only where something needs the field."""

from __future__ import annotations

from collections.abc import Iterator

from router.composition.errors import CompositionError
from router.composition.subgraph.subgraph import Subgraph

__all__ = ["external_off_interfaces", "external_used"]


def external_off_interfaces(subgraph: Subgraph) -> Iterator[CompositionError]:
    """Fields of interfaces are not resolved, so they cannot be external."""
    for interface in subgraph.schema.interfaces():
        for field in interface.fields.values():
            if field.has("external"):
                yield CompositionError(
                    "EXTERNAL_ON_INTERFACE",
                    f'Field "{field.coordinate}" of an interface cannot be @external: mark it on the implementations.',
                    (field.coordinate,),
                )


def external_used(subgraph: Subgraph) -> Iterator[CompositionError]:
    """An external field serves a key, requires, provides, context or interface."""
    for _, field in subgraph.schema.composite_fields():
        if subgraph.usage.is_external(field) and not subgraph.usage.is_used(field):
            yield CompositionError(
                "EXTERNAL_UNUSED",
                f'Field "{field.coordinate}" is @external but no @key, @requires, @provides or interface uses it:'
                " remove the field, or @external if this subgraph resolves it.",
                (field.coordinate,),
            )
