"""``@cost``: not on interfaces, whose fields are never resolved."""

from __future__ import annotations

from collections.abc import Iterator

from router.composition.errors import CompositionError
from router.composition.subgraph.subgraph import Subgraph

__all__ = ["cost_off_interfaces"]


def cost_off_interfaces(subgraph: Subgraph) -> Iterator[CompositionError]:
    """COST_APPLIED_TO_INTERFACE_FIELD: fields of interfaces have no cost of their own."""
    for interface in subgraph.schema.interfaces():
        for field in interface.fields.values():
            if field.has("cost"):
                yield CompositionError(
                    "COST_APPLIED_TO_INTERFACE_FIELD",
                    f'@cost cannot be applied to interface field "{field.coordinate}": move it to implementations.',
                    (field.coordinate,),
                )
