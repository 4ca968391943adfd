"""Stage 5: many subgraph schemas to one supergraph schema."""

from __future__ import annotations

from router.composition.merge.applied import merge_applied
from router.composition.merge.authorization import inherited_by_type
from router.composition.merge.compose_directive import compose_directives
from router.composition.merge.composed_applications import check_composed_applications
from router.composition.merge.context import MergeContext
from router.composition.merge.contexts import merge_contexts
from router.composition.merge.description import merge_description
from router.composition.merge.enum_type import merge_enum
from router.composition.merge.executable_directive import merge_executable_directives
from router.composition.merge.fields_type import merge_interface, merge_object
from router.composition.merge.input_type import merge_input
from router.composition.merge.interface_object import add_missing_implementations, check_interface_objects
from router.composition.merge.join_directive import merge_join_directives
from router.composition.merge.reserved_names import check_reserved_names
from router.composition.merge.shared_directives import name_shared_directives
from router.composition.merge.types import add_types, merge_implemented_interfaces, merge_union_members
from router.composition.schema import EnumType, FieldsType, InputObjectType, InterfaceType, ObjectType
from router.composition.subgraph.subgraph import Subgraph

__all__ = ["merge_subgraphs"]


def merge_subgraphs(subgraphs: list[Subgraph]) -> MergeContext:
    """Merge subgraphs that are sorted by name; errors and hints are in the answer.

    A field is looked for in the subgraphs that have its type: O(fields x subgraphs that share their types). A field of
    an interface demands what its implementations demand, which are looked for among all object types.
    """
    context = MergeContext(subgraphs)
    name_shared_directives(context)
    context.custom_links = compose_directives(context)
    add_types(context)
    merge_implemented_interfaces(context)
    merge_union_members(context)
    check_interface_objects(context)
    _merge_schema_definition(context)
    types = list(context.supergraph.types.values())
    for type_ in types:
        sources = context.type_sources(type_.name)
        merge_description(context, sources, type_)
        inherited = inherited_by_type(context, type_) if isinstance(type_, FieldsType) else []
        merge_applied(context, sources, type_, inherited)
    merge_contexts(context)
    for type_ in types:
        if isinstance(type_, ObjectType):
            merge_object(context, type_)
        elif isinstance(type_, InterfaceType):
            merge_interface(context, type_)
        elif isinstance(type_, InputObjectType):
            merge_input(context, type_)
    merge_executable_directives(context)
    for type_ in types:
        if isinstance(type_, EnumType):
            merge_enum(context, type_)
    check_composed_applications(context)
    add_missing_implementations(context)
    merge_join_directives(context)
    check_reserved_names(context)
    return context


def _merge_schema_definition(context: MergeContext) -> None:
    schemas = {index: subgraph.schema for index, subgraph in enumerate(context.subgraphs)}
    merge_description(context, schemas, context.supergraph)
    merge_applied(context, schemas, context.supergraph)
    for operation in ("query", "mutation", "subscription"):
        for schema in schemas.values():
            if operation in schema.roots:
                context.supergraph.roots[operation] = schema.roots[operation]
    if not any(source.fields for source in context.sources_of_kind("Query", ObjectType).values()):
        context.error("NO_QUERIES", "No queries found in any subgraph: a supergraph must have a query root type.")
