"""Defaults of arguments and input fields: kept only if every subgraph has the same one."""

from __future__ import annotations

from router.composition.merge.context import MergeContext, Sources
from router.composition.schema import InputValue
from router.composition.schema.coercion import canonical_value
from router.composition.schema.value import Missing, Value, print_value

__all__ = ["merge_default"]


def merge_default(context: MergeContext, sources: Sources[InputValue], dest: InputValue) -> None:
    """Two different values are FIELD_ARGUMENT_DEFAULT_MISMATCH or INPUT_FIELD_DEFAULT_MISMATCH, a default missing
    somewhere is a hint and drops it. Of several ways to write one value the first subgraph's is kept."""
    values: dict[str, list[int]] = {}
    written: dict[str, Value] = {}
    without: list[int] = []
    for index, source in sources.items():
        if isinstance(source.default, Missing):
            without.append(index)
        else:
            value = canonical_value(context.subgraphs[index].schema, source.default, source.type)
            values.setdefault(value, []).append(index)
            written.setdefault(value, source.default)
    if not values:
        return
    listed = ", ".join(
        f"{print_value(written[value])} in {context.names(indexes)}" for value, indexes in values.items()
    )
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
        (dest.default,) = written.values()
