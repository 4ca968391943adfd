"""Input object types: the intersection of the subgraphs' fields (Federation docs, "Composition Rules", section "Input
types and field arguments")."""

from __future__ import annotations

from router.composition.merge.applied import merge_applied
from router.composition.merge.context import MergeContext, Sources
from router.composition.merge.default_value import merge_default
from router.composition.merge.description import merge_description
from router.composition.merge.join_field import add_join_input_fields
from router.composition.merge.type_reference import merge_type
from router.composition.schema import InputObjectType, InputValue

__all__ = ["merge_input"]


def merge_input(context: MergeContext, dest: InputObjectType) -> None:
    """Merge the fields; a hidden field may be missing in some subgraphs.

    REQUIRED_INPUT_FIELD_MISSING_IN_SOME_SUBGRAPH for a required one that is not everywhere, EMPTY_MERGED_INPUT_TYPE
    when none is left.
    """
    types = context.sources_of_kind(dest.name, InputObjectType)
    among = list(types)
    for name in dict.fromkeys(name for type_ in types.values() for name in type_.fields):
        sources = {index: type_.fields[name] for index, type_ in types.items() if name in type_.fields}
        field = InputValue(coordinate=f"{dest.name}.{name}", name=name)
        merge_description(context, sources, field)
        merge_applied(context, sources, field)
        equal = merge_type(context, sources, field, is_input=True)
        merge_default(context, sources, field)
        add_join_input_fields(context, types, sources, field, all_types_equal=equal)
        having = list(sources)
        if len(having) == len(among) or context.is_inaccessible(field):
            dest.fields[name] = field
        else:
            _report_missing(context, sources, having, among, field)
    if not dest.fields:
        context.error(
            "EMPTY_MERGED_INPUT_TYPE",
            f'No field of input type "{dest.name}" is in every subgraph: add a common field in {context.names(among)}.',
            dest.name,
        )


def _report_missing(
    context: MergeContext, sources: Sources[InputValue], having: list[int], among: list[int], field: InputValue
) -> None:
    required = [index for index, source in sources.items() if source.required]
    where = context.with_and_without(having, among)
    if required:
        context.error(
            "REQUIRED_INPUT_FIELD_MISSING_IN_SOME_SUBGRAPH",
            f'Input field "{field.coordinate}" is required in {context.names(required)} but not in every subgraph:'
            f" {where}. Declare it everywhere or make it optional.",
            field.coordinate,
        )
    else:
        context.hint(
            "INCONSISTENT_INPUT_OBJECT_FIELD",
            f'Input field "{field.coordinate}" is not in the supergraph: {where}.',
            field.coordinate,
        )
