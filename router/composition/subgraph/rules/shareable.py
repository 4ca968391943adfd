"""``@shareable``: on what is resolved, and once per declaration."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from router.composition.errors import CompositionError
from router.composition.schema import InterfaceType
from router.composition.subgraph.subgraph import Subgraph

__all__ = ["shareable_usage"]


def shareable_usage(subgraph: Subgraph) -> Iterator[CompositionError]:
    """INVALID_SHAREABLE_USAGE on interface fields, and twice on one declaration."""
    for type_ in subgraph.schema.fields_types():
        per_declaration = Counter(application.declaration for application in type_.all("shareable"))
        if any(count > 1 for count in per_declaration.values()):
            yield _duplicate("type", type_.name)
        for field in type_.fields.values():
            applications = field.all("shareable")
            if applications and isinstance(type_, InterfaceType):
                yield CompositionError(
                    "INVALID_SHAREABLE_USAGE",
                    f'Field "{field.coordinate}" of an interface cannot be @shareable: mark it on the implementations.',
                    (field.coordinate,),
                )
            if len(applications) > 1:
                yield _duplicate("field", field.coordinate)


def _duplicate(kind: str, coordinate: str) -> CompositionError:
    return CompositionError(
        "INVALID_SHAREABLE_USAGE",
        f'@shareable is applied twice to one declaration of {kind} "{coordinate}": once is enough.',
        (coordinate,),
    )
