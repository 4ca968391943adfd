"""``@provides``: external fields of the object a field returns."""

from __future__ import annotations

from collections.abc import Iterator

from router.composition.errors import CompositionError
from router.composition.schema import FieldsType, InterfaceType, UnionType
from router.composition.schema.type_ref import named
from router.composition.subgraph.rules.field_set import FieldSetRule
from router.composition.subgraph.subgraph import Subgraph

__all__ = ["provides_fields"]


def provides_fields(subgraph: Subgraph) -> Iterator[CompositionError]:
    """Not on interface fields (PROVIDES_UNSUPPORTED_ON_INTERFACE), only where the type has fields
    (PROVIDES_ON_NON_OBJECT_FIELD), and only external leaves (``FieldSetRule``)."""
    rule = FieldSetRule(subgraph, "provides", leaves_must_be_external=True)
    for type_, field in subgraph.schema.composite_fields():
        application = field.first("provides")
        if application is None:
            continue
        if isinstance(type_, InterfaceType):
            yield CompositionError(
                "PROVIDES_UNSUPPORTED_ON_INTERFACE",
                f'Field "{field.coordinate}" of an interface cannot have @provides: move it to the implementations.',
                (field.coordinate,),
            )
        target = named(field.type)
        if not isinstance(subgraph.schema.types.get(target), FieldsType | UnionType):
            yield CompositionError(
                "PROVIDES_ON_NON_OBJECT_FIELD",
                f'Field "{field.coordinate}" of type "{field.type}" has no fields to provide: remove @provides.',
                (field.coordinate,),
            )
        else:
            yield from rule.check(application, target, f'field "{field.coordinate}"')
