"""``@external``: on fields of objects only, and only where something needs the field."""

from __future__ import annotations

from collections.abc import Iterator

from router.composition.errors import CompositionError
from router.composition.subgraph.subgraph import Subgraph

__all__ = ["external_alone", "external_off_interfaces", "external_used"]


def external_off_interfaces(subgraph: Subgraph) -> Iterator[CompositionError]:
    """EXTERNAL_ON_INTERFACE: fields of interfaces are not resolved, so they cannot be external."""
    for interface in subgraph.schema.interfaces():
        for field in interface.fields.values():
            if field.has("external"):
                yield CompositionError(
                    "EXTERNAL_ON_INTERFACE",
                    f'Field "{field.coordinate}" of an interface cannot be @external: mark it on the implementations.',
                    (field.coordinate,),
                )


def external_used(subgraph: Subgraph) -> Iterator[CompositionError]:
    """EXTERNAL_UNUSED for an external field that serves no key, requires, provides, context or interface."""
    for _, field in subgraph.schema.composite_fields():
        if subgraph.usage.is_external(field) and not subgraph.usage.is_used(field):
            yield CompositionError(
                "EXTERNAL_UNUSED",
                f'Field "{field.coordinate}" is @external but no @key, @requires, @provides or interface uses it:'
                " remove the field, or @external if this subgraph resolves it.",
                (field.coordinate,),
            )


def external_alone(subgraph: Subgraph) -> Iterator[CompositionError]:
    """EXTERNAL_COLLISION_WITH_ANOTHER_DIRECTIVE: who does not resolve a field neither needs others' fields for it nor
    gives any with it.

    ``@shareable`` may stand beside: it speaks of the paths on which the field is provided.
    """
    for _, field in subgraph.schema.composite_fields():
        for spec in ("requires", "provides"):
            if field.has(spec) and subgraph.usage.is_external(field):
                yield CompositionError(
                    "EXTERNAL_COLLISION_WITH_ANOTHER_DIRECTIVE",
                    f'Field "{field.coordinate}" is @external, so this subgraph does not resolve it, but has @{spec}:'
                    " remove one of them.",
                    (field.coordinate,),
                )
