"""Interfaces grow by merging, so a type may lack a field that only another subgraph's version has (Federation docs,
"Composition Rules", section "Object, union, and interface types")."""

from __future__ import annotations

from collections.abc import Iterator

from router.composition.errors import CompositionError
from router.composition.merge.context import MergeContext
from router.composition.schema import FieldsType, InterfaceType

__all__ = ["check_implementations"]


def check_implementations(context: MergeContext) -> Iterator[CompositionError]:
    """INTERFACE_FIELD_NO_IMPLEM for each field an implementation lacks."""
    schema = context.supergraph
    for type_ in schema.fields_types():
        for name in type_.interfaces:
            interface = schema.types.get(name)
            if not isinstance(interface, InterfaceType):
                continue
            for field in interface.fields.values():
                if field.name not in type_.fields:
                    yield CompositionError(
                        "INTERFACE_FIELD_NO_IMPLEM",
                        f'Interface field "{field.coordinate}" is declared in'
                        f' {_declaring(context, name, field.name)} but type "{type_.name}", which implements'
                        f' "{name}" in {_implementing(context, type_.name, name)}, has no field "{field.name}":'
                        f' add it to "{type_.name}".',
                        (field.coordinate, f"{type_.name}.{field.name}"),
                    )


def _declaring(context: MergeContext, type_name: str, field_name: str) -> str:
    return context.names(
        index for index, source in context.sources_of_kind(type_name, FieldsType).items() if field_name in source.fields
    )


def _implementing(context: MergeContext, type_name: str, interface: str) -> str:
    return context.names(
        index
        for index, source in context.sources_of_kind(type_name, FieldsType).items()
        if interface in source.interfaces
    )
