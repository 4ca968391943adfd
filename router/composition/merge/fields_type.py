"""Object and interface types: the union of the subgraphs' fields (Federation docs, "Composition Rules", section
"Object, union, and interface types")."""

from __future__ import annotations

from router.composition.merge.applied import merge_applied
from router.composition.merge.arguments import merge_arguments
from router.composition.merge.authorization import inherited_by_field
from router.composition.merge.context import MergeContext, Sources
from router.composition.merge.description import merge_description
from router.composition.merge.external import check_external_versions, without_external
from router.composition.merge.interface_object import abstracted_fields
from router.composition.merge.join_field import add_join_fields
from router.composition.merge.override import Overrides, check_override_on_interface, read_overrides
from router.composition.merge.sharing import check_sharing, check_subscription_sharing
from router.composition.merge.type_reference import merge_type
from router.composition.schema import Field, FieldsType, InterfaceType, ObjectType

__all__ = ["merge_interface", "merge_object"]

_ROOTS = ("Query", "Mutation", "Subscription")


def merge_object(context: MergeContext, dest: ObjectType) -> None:
    """Merge an object type's fields. A field is described by the subgraphs that resolve it; if none does, that is
    EXTERNAL_MISSING_ON_BASE."""
    types = _fields_sources(context, dest)
    is_entity = _hint_inconsistent_entity(context, types, dest)
    for name in _field_names(types):
        field, sources = _new_field(types, dest, name)
        if not is_entity and dest.name not in _ROOTS:
            _hint_inconsistent_field(context, types, sources, field, "INCONSISTENT_OBJECT_VALUE_TYPE_FIELD")
        overrides = read_overrides(context, sources)
        if dest.name == "Subscription":
            check_subscription_sharing(context, sources, field)
        abstracted = abstracted_fields(context, dest, name)
        _merge_field(context, dest, types, sources, abstracted, field, overrides)
        check_sharing(context, sources, abstracted, field, overrides)
        dest.fields[name] = field


def merge_interface(context: MergeContext, dest: InterfaceType) -> None:
    """Merge an interface's fields; subgraphs may know it as an interface object.

    INTERFACE_KEY_MISSING_IMPLEMENTATION_TYPE for a subgraph that gives it a key and does not know all implementations.
    """
    types = _fields_sources(context, dest)
    is_entity = _hint_inconsistent_entity(context, types, dest)
    if is_entity:
        _check_keyed_interface(context, types, dest)
    for name in _field_names(types):
        field, sources = _new_field(types, dest, name)
        if not is_entity:
            _hint_inconsistent_field(context, types, sources, field, "INCONSISTENT_INTERFACE_VALUE_TYPE_FIELD")
        check_override_on_interface(
            context, {i: source for i, source in sources.items() if isinstance(types[i], InterfaceType)}
        )
        overridable = {i: source for i, source in sources.items() if isinstance(types[i], ObjectType)}
        overrides = read_overrides(context, overridable)
        _merge_field(context, dest, types, sources, {}, field, overrides)
        dest.fields[name] = field


def _fields_sources(context: MergeContext, dest: FieldsType) -> Sources[FieldsType]:
    return context.sources_of_kind(dest.name, FieldsType)


def _field_names(types: Sources[FieldsType]) -> list[str]:
    return list(dict.fromkeys(name for type_ in types.values() for name in type_.fields))


def _new_field(types: Sources[FieldsType], dest: FieldsType, name: str) -> tuple[Field, Sources[Field]]:
    field = Field(coordinate=f"{dest.name}.{name}", name=name, parent=dest.name)
    return field, {index: type_.fields[name] for index, type_ in types.items() if name in type_.fields}


def _merge_field(
    context: MergeContext,
    type_: FieldsType,
    types: Sources[FieldsType],
    sources: Sources[Field],
    abstracted: dict[int, list[Field]],
    dest: Field,
    overrides: Overrides,
) -> None:
    resolved_elsewhere = any(
        not context.subgraphs[index].usage.is_external(field)
        for index, fields in abstracted.items()
        for field in fields
    )
    kept = without_external(context, sources)
    all_external = not kept
    if all_external and not resolved_elsewhere:
        having = list(sources)
        context.error(
            "EXTERNAL_MISSING_ON_BASE",
            f'"{dest.coordinate}" is @external in every subgraph that has it ({context.names(having)}):'
            " some subgraph must resolve it.",
            dest.coordinate,
        )
        dest.type = next(source.type for source in sources.values())
        return
    merged = sources if all_external else kept
    merge_description(context, merged, dest)
    merge_applied(context, merged, dest, inherited_by_field(context, type_, dest.name))
    merge_arguments(context, merged, dest)
    all_types_equal = merge_type(context, merged, dest, is_input=False)
    if not all_external:
        check_external_versions(context, sources, dest)
    all_types_equal = all_types_equal and all(source.type == dest.type for source in sources.values())
    add_join_fields(context, types, sources, dest, overrides, all_types_equal=all_types_equal)


def _hint_inconsistent_entity(context: MergeContext, types: Sources[FieldsType], dest: FieldsType) -> bool:
    among = list(types)
    keyed = [index for index, source in types.items() if source.has("key")]
    if keyed and len(keyed) < len(among) and isinstance(dest, ObjectType):
        context.hint(
            "INCONSISTENT_ENTITY",
            f'"{dest.name}" has a @key in {context.names(keyed)} but not in'
            f" {context.names(index for index in among if index not in keyed)}.",
            dest.name,
        )
    return bool(keyed)


def _hint_inconsistent_field(
    context: MergeContext,
    types: Sources[FieldsType],
    sources: Sources[Field],
    field: Field,
    code: str,
) -> None:
    among = list(types)
    having = list(sources)
    lacking = [
        index
        for index, type_ in types.items()
        if index not in having
        and not all(context.subgraphs[index].usage.is_external(other) for other in type_.fields.values())
    ]
    if lacking:
        context.hint(
            code,
            f'"{field.coordinate}" is not in every subgraph: {context.with_and_without(having, among)}.',
            field.coordinate,
        )


def _check_keyed_interface(context: MergeContext, types: Sources[FieldsType], dest: FieldsType) -> None:
    """A subgraph that answers by an interface key must know every implementation."""
    implementations = [type_.name for type_ in context.supergraph.objects() if dest.name in type_.interfaces]
    for index, source in types.items():
        if not (isinstance(source, InterfaceType) and source.has("key")):
            continue
        schema = context.subgraphs[index].schema
        lacking = [name for name in implementations if name not in schema.types]
        if lacking:
            listed = ", ".join(f'"{name}"' for name in lacking)
            context.error(
                "INTERFACE_KEY_MISSING_IMPLEMENTATION_TYPE",
                f'[{context.subgraphs[index].name}] Interface "{dest.name}" has a @key here, so this subgraph must'
                f" define all its implementations, but it lacks {listed}: define them or remove the key.",
                dest.name,
            )
