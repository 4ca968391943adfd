"""The types of fields, arguments and input fields (Federation docs, "Value Types", section "Differing shared fields").

Output types become the most general of the subgraphs' types, input types the strictest.
"""

from __future__ import annotations

from typing import Protocol

from router.composition.merge.context import MergeContext, Sources
from router.composition.schema import EnumType
from router.composition.schema.type_ref import is_list, is_non_null, item, named, nullable

__all__ = ["Typed", "is_strict_subtype", "merge_type", "note_enum_position"]


class Typed(Protocol):
    """A field, an argument or an input field."""

    coordinate: str
    type: str


def is_strict_subtype(context: MergeContext, type_: str, other: str) -> bool:
    """Whether ``type_`` differs from ``other`` and every value of it is one of ``other`` (GraphQL spec §3.6, "Type
    Validation"); ``context.supertypes`` must be complete."""
    if type_ == other:
        return False
    if is_non_null(type_):
        inner = nullable(type_)
        return nullable(other) == inner or is_strict_subtype(context, inner, nullable(other))
    if is_non_null(other):
        return False
    if is_list(type_) or is_list(other):
        return is_list(type_) and is_list(other) and is_strict_subtype(context, item(type_), item(other))
    return context.is_subtype(type_, other)


def merge_type(context: MergeContext, sources: Sources[Typed], dest: Typed, *, is_input: bool) -> bool:
    """Set the merged type; tells whether all subgraphs have the same one.

    FIELD_TYPE_MISMATCH or FIELD_ARGUMENT_TYPE_MISMATCH when none of the types covers the others.
    """
    types = [source.type for source in sources.values()]
    chosen = types[0]
    incompatible = False
    for type_ in types[1:]:
        narrower = is_strict_subtype(context, type_, chosen)
        if not (type_ == chosen or narrower or is_strict_subtype(context, chosen, type_)):
            incompatible = True
        elif narrower == is_input:
            chosen = type_
    dest.type = chosen
    note_enum_position(context, chosen, is_input=is_input)
    equal = len(set(types)) == 1
    if incompatible:
        _report_mismatch(context, sources, dest)
    elif not equal:
        is_argument = dest.coordinate.endswith(")")
        code = f"INCONSISTENT_BUT_COMPATIBLE_{'ARGUMENT' if is_argument else 'FIELD'}_TYPE"
        context.hint(
            code,
            f'"{dest.coordinate}" has compatible but different types: {_types_by_subgraph(context, sources)};'
            f' the supergraph has "{chosen}".',
            dest.coordinate,
        )
    return equal


def note_enum_position(context: MergeContext, type_: str, *, is_input: bool) -> None:
    """Remember where an enum is used: its values merge accordingly."""
    name = named(type_)
    if isinstance(context.supergraph.types.get(name), EnumType):
        context.enum_positions.setdefault(name, set()).add("input" if is_input else "output")


def _report_mismatch(context: MergeContext, sources: Sources[Typed], dest: Typed) -> None:
    is_argument = dest.coordinate.endswith(")")
    context.error(
        "FIELD_ARGUMENT_TYPE_MISMATCH" if is_argument else "FIELD_TYPE_MISMATCH",
        f'Type of "{dest.coordinate}" differs between subgraphs: {_types_by_subgraph(context, sources)}.'
        " Give it types of which one covers the others.",
        dest.coordinate,
    )


def _types_by_subgraph(context: MergeContext, sources: Sources[Typed]) -> str:
    by_type: dict[str, list[int]] = {}
    for index, source in sources.items():
        by_type.setdefault(source.type, []).append(index)
    return ", ".join(f'"{type_}" in {context.names(indexes)}' for type_, indexes in by_type.items())
