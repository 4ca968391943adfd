"""``@interfaceObject``: only on entities."""

from __future__ import annotations

from collections.abc import Iterator

from router.composition.errors import CompositionError
from router.composition.subgraph.subgraph import Subgraph

__all__ = ["interface_object_keyed"]


def interface_object_keyed(subgraph: Subgraph) -> Iterator[CompositionError]:
    """INTERFACE_OBJECT_USAGE_ERROR for one without a key, by which others find its concrete type."""
    for type_ in subgraph.schema.objects():
        if type_.has("interfaceObject") and not type_.has("key"):
            yield CompositionError(
                "INTERFACE_OBJECT_USAGE_ERROR",
                f'Type "{type_.name}" has @interfaceObject but no @key: give it a key of the interface.',
                (type_.name,),
            )
