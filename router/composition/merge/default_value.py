"""Defaults of arguments and input fields: kept only if every subgraph has the same one."""

from __future__ import annotations

from router.composition.merge.context import MergeContext, Sources
from router.composition.schema import InputValue
from router.composition.schema.value import MISSING, Missing, print_value

__all__ = ["merge_default"]


def merge_default(context: MergeContext, sources: Sources[InputValue], dest: InputValue) -> None:
    """Two different defaults are an error, a default missing somewhere is a hint and drops it."""
    values: dict[str, list[int]] = {}
    without: list[int] = []
    for index, source in sources.items():
        if isinstance(source.default, Missing):
            without.append(index)
        else:
            values.setdefault(print_value(source.default, sort_entries=True), []).append(index)
    if not values:
        return
    listed = ", ".join(f"{text} in {context.names(indexes)}" for text, indexes in values.items())
    if len(values) > 1:
        is_argument = dest.coordinate.endswith(")")
        context.error(
            "FIELD_ARGUMENT_DEFAULT_MISMATCH" if is_argument else "INPUT_FIELD_DEFAULT_MISMATCH",
            f'"{dest.coordinate}" has different defaults: {listed}. Use the same default everywhere.',
            dest.coordinate,
        )
    elif without:
        context.hint(
            "INCONSISTENT_DEFAULT_VALUE_PRESENCE",
            f'"{dest.coordinate}" has default {listed} but none in {context.names(without)}: the supergraph has none.',
            dest.coordinate,
        )
    else:
        dest.default = next((source.default for source in sources.values()), MISSING)
