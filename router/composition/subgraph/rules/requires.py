"""``@requires``: external fields of the object that has the field."""

from __future__ import annotations

from collections.abc import Iterator

from router.composition.errors import CompositionError
from router.composition.schema import InterfaceType
from router.composition.subgraph.rules.field_set import FieldSetRule
from router.composition.subgraph.subgraph import Subgraph

__all__ = ["requires_fields"]


def requires_fields(subgraph: Subgraph) -> Iterator[CompositionError]:
    """Not on interface fields (REQUIRES_UNSUPPORTED_ON_INTERFACE); leaves are external or below an external field
    (``FieldSetRule``)."""
    rule = FieldSetRule(subgraph, "requires", allow_arguments=True, leaves_must_be_external=True)
    for type_, field in subgraph.schema.composite_fields():
        application = field.first("requires")
        if application is None:
            continue
        if isinstance(type_, InterfaceType):
            yield CompositionError(
                "REQUIRES_UNSUPPORTED_ON_INTERFACE",
                f'Field "{field.coordinate}" of an interface cannot have @requires: move it to the implementations.',
                (field.coordinate,),
            )
        yield from rule.check(application, type_.name, f'field "{field.coordinate}"')
