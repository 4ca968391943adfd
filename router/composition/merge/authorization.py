"""Authorization requirements that come from related elements (``@authenticated``, ``@requiresScopes``, ``@policy``).

An interface demands what its implementations demand; an implementation demands what interface objects add.
"""

from __future__ import annotations

from collections.abc import Iterator

from router.composition.merge.context import MergeContext
from router.composition.schema import Element, FieldsType, InterfaceType, ObjectType

__all__ = ["inherited_by_field", "inherited_by_type", "interface_object_fields"]


def inherited_by_type(context: MergeContext, dest: FieldsType) -> list[Element]:
    """The implementations of an interface, in every subgraph. O(object types of the supergraph)."""
    if not isinstance(dest, InterfaceType):
        return []
    return [source for name in _implementations(context, dest) for source in _versions(context, name)]


def inherited_by_field(context: MergeContext, dest: FieldsType, field_name: str) -> list[Element]:
    """For an interface's field those of its implementations, for an object's those of its interface objects.

    For an interface's field O(object types of the supergraph).
    """
    if isinstance(dest, ObjectType):
        return list(interface_object_fields(context, dest, field_name))
    return [
        source.fields[field_name]
        for name in _implementations(context, dest)
        for source in _versions(context, name)
        if field_name in source.fields
    ]


def interface_object_fields(context: MergeContext, dest: ObjectType, field_name: str) -> Iterator[Element]:
    """The versions of a field in interface objects that stand for interfaces of ``dest``."""
    for interface in dest.interfaces:
        for source in context.interface_objects(interface).values():
            if field_name in source.fields:
                yield source.fields[field_name]


def _implementations(context: MergeContext, interface: FieldsType) -> list[str]:
    return [type_.name for type_ in context.supergraph.objects() if interface.name in type_.interfaces]


def _versions(context: MergeContext, name: str) -> list[FieldsType]:
    return list(context.sources_of_kind(name, FieldsType).values())
