"""Enums: union of values for output, intersection for input, equal for both (Federation docs, "Composition Rules",
section "Enums")."""

from __future__ import annotations

from router.composition.merge.applied import merge_applied
from router.composition.merge.context import MergeContext
from router.composition.merge.description import merge_description
from router.composition.schema import EnumType, EnumValue

__all__ = ["merge_enum"]


def merge_enum(context: MergeContext, dest: EnumType) -> None:
    """Merge the values; ``context.enum_positions`` must be complete. Hidden values may differ freely.

    ENUM_VALUE_MISMATCH for a value that must be everywhere and is not, EMPTY_MERGED_ENUM_TYPE when none is left.
    """
    sources = context.sources_of_kind(dest.name, EnumType)
    among = list(sources)
    positions = context.enum_positions.get(dest.name)
    if not positions:
        positions = {"output"}
        context.hint("UNUSED_ENUM_TYPE", f'Enum "{dest.name}" of {context.names(among)} is never used.', dest.name)
    for name in dict.fromkeys(name for source in sources.values() for name in source.values):
        versions = {index: source.values[name] for index, source in sources.items() if name in source.values}
        value = EnumValue(coordinate=f"{dest.name}.{name}", name=name)
        merge_description(context, versions, value)
        merge_applied(context, versions, value)
        having = list(versions)
        value.applied = [
            *(context.join("enumValue", graph=context.graphs[index]) for index in having),
            *value.applied,
        ]
        if _is_kept(context, dest, value, having, among, positions):
            dest.values[name] = value
    if not dest.values:
        context.error(
            "EMPTY_MERGED_ENUM_TYPE",
            f'No value of enum "{dest.name}" is in every subgraph, as its use for input demands:'
            f" add a common value in {context.names(among)}.",
            dest.name,
        )


def _is_kept(
    context: MergeContext,
    dest: EnumType,
    value: EnumValue,
    having: list[int],
    among: list[int],
    positions: set[str],
) -> bool:
    if len(having) == len(among) or context.is_inaccessible(value):
        return True
    where = context.with_and_without(having, among)
    if positions == {"output"}:
        context.hint(
            "INCONSISTENT_ENUM_VALUE_FOR_OUTPUT_ENUM",
            f'Enum value "{value.coordinate}" is not in every subgraph: {where}.',
            value.coordinate,
        )
        return True
    if positions == {"input"}:
        context.hint(
            "INCONSISTENT_ENUM_VALUE_FOR_INPUT_ENUM",
            f'Enum value "{value.coordinate}" is not in the supergraph: {where}.',
            value.coordinate,
        )
        return False
    context.error(
        "ENUM_VALUE_MISMATCH",
        f'Enum "{dest.name}" is used for input and output, so value "{value.name}" must be in every subgraph: {where}.'
        " Add it there, or mark it @inaccessible.",
        value.coordinate,
    )
    return True
