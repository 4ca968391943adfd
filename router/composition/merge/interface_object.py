"""``@interfaceObject``: a subgraph that treats an interface as one object gives its fields to all implementations
(Federation docs, "Directives", ``@interfaceObject``)."""

from __future__ import annotations

from router.composition.merge.applied import merge_applied
from router.composition.merge.authorization import interface_object_fields
from router.composition.merge.context import MergeContext
from router.composition.schema import Application, Field, FieldsType, InputValue, ObjectType
from router.composition.subgraph.rules.authorization import AUTHORIZATION_DIRECTIVES

__all__ = ["abstracted_fields", "add_missing_implementations", "check_interface_objects"]


def abstracted_fields(context: MergeContext, type_: FieldsType, field_name: str) -> dict[int, list[Field]]:
    """By subgraph, the versions of an object's field that come from interface objects."""
    found: dict[int, list[Field]] = {}
    if not isinstance(type_, ObjectType) or not type_.interfaces:
        return found
    own = context.type_sources(type_.name)
    for interface in type_.interfaces:
        for index, source in context.interface_objects(interface).items():
            if index not in own and field_name in source.fields:
                found.setdefault(index, []).append(source.fields[field_name])
    return found


def check_interface_objects(context: MergeContext) -> None:
    """INTERFACE_OBJECT_USAGE_ERROR for a subgraph that has an interface object and one of the interface's
    implementations."""
    implementations: dict[str, list[str]] = {}
    for type_ in context.supergraph.objects():
        for name in type_.interfaces:
            implementations.setdefault(name, []).append(type_.name)
    for interface in context.supergraph.interfaces():
        for index in context.interface_objects(interface.name):
            known = [
                name
                for name in implementations.get(interface.name, ())
                if name in context.subgraphs[index].schema.types
            ]
            if known:
                listed = ", ".join(f'"{name}"' for name in known)
                context.error(
                    "INTERFACE_OBJECT_USAGE_ERROR",
                    f'"{interface.name}" is an @interfaceObject in {context.names([index])}, which therefore must not'
                    f" define its implementations {listed}: remove them or @interfaceObject.",
                    interface.name,
                )


def add_missing_implementations(context: MergeContext) -> None:
    """Implementations get the interface fields that only interface objects resolve, marked ``@join__field``.

    O(fields of interface objects x object types of the supergraph).
    """
    for interface in context.supergraph.interfaces():
        for field in interface.fields.values():
            if any(field.name in source.fields for source in context.interface_objects(interface.name).values()):
                for type_ in context.supergraph.objects():
                    if interface.name in type_.interfaces and field.name not in type_.fields:
                        type_.fields[field.name] = _copy(context, field, type_)


def _copy(context: MergeContext, field: Field, type_: ObjectType) -> Field:
    """The field for one implementation; it demands what its own resolvers demand, not what other types do."""
    coordinate = f"{type_.name}.{field.name}"
    copy = Field(
        coordinate=coordinate,
        description=field.description,
        applied=[
            Application("join__field"),
            *(
                application
                for application in field.applied
                if not application.name.startswith("join__") and application.spec not in AUTHORIZATION_DIRECTIVES
            ),
        ],
        name=field.name,
        parent=type_.name,
        type=field.type,
        arguments={
            name: InputValue(
                coordinate=f"{coordinate}({name}:)",
                description=argument.description,
                applied=list(argument.applied),
                name=name,
                type=argument.type,
                default=argument.default,
            )
            for name, argument in field.arguments.items()
        },
    )
    merge_applied(context, {}, copy, list(interface_object_fields(context, type_, field.name)))
    return copy
