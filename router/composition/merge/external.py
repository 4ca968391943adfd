"""External versions of a field: they are not merged, but must agree with the field they stand for (Federation docs,
"Directives", ``@external``)."""

from __future__ import annotations

from router.composition.merge.applied import is_merged
from router.composition.merge.context import MergeContext, Sources
from router.composition.merge.type_reference import is_strict_subtype
from router.composition.schema import Element, Field, InputValue, Schema
from router.composition.schema.coercion import canonical_value
from router.composition.schema.value import Missing, print_value

__all__ = ["check_external_versions", "without_external"]


def without_external(context: MergeContext, sources: Sources[Field]) -> Sources[Field]:
    """The versions that subgraphs resolve; MERGED_DIRECTIVE_APPLICATION_ON_EXTERNAL for merged directives on others."""
    kept: dict[int, Field] = {}
    for index, source in sources.items():
        if not context.subgraphs[index].usage.is_external(source):
            kept[index] = source
            continue
        elements: list[Element] = [source, *source.arguments.values()]
        for element in elements:
            for application in element.applied:
                if is_merged(context, index, application):
                    context.error(
                        "MERGED_DIRECTIVE_APPLICATION_ON_EXTERNAL",
                        f'@{application.name} cannot be applied to "{element.coordinate}" in {context.names([index])}:'
                        " the field is @external there. Apply it where the field is resolved.",
                        element.coordinate,
                    )
    return kept


def check_external_versions(context: MergeContext, sources: Sources[Field], dest: Field) -> None:
    """Types may be stricter than the field's (else EXTERNAL_TYPE_MISMATCH); arguments must be there and agree in type
    and default (else EXTERNAL_ARGUMENT_MISSING, ..._TYPE_MISMATCH or ..._DEFAULT_MISMATCH)."""
    for index, source in sources.items():
        if not context.subgraphs[index].usage.is_external(source):
            continue
        where = f'"{dest.coordinate}" is @external in {context.names([index])}'
        if dest.type != source.type and not is_strict_subtype(context, source.type, dest.type):
            context.error(
                "EXTERNAL_TYPE_MISMATCH",
                f'{where} with type "{source.type}" but is resolved with type "{dest.type}": use that type.',
                dest.coordinate,
            )
        for argument in dest.arguments.values():
            _check_argument(context, index, where, argument, source.arguments.get(argument.name))


def _check_argument(
    context: MergeContext, index: int, where: str, merged: InputValue, given: InputValue | None
) -> None:
    if given is None:
        context.error(
            "EXTERNAL_ARGUMENT_MISSING",
            f'{where} without argument "{merged.coordinate}", which it has where it is resolved: declare it.',
            merged.coordinate,
        )
    elif merged.type != given.type and not is_strict_subtype(context, given.type, merged.type):
        context.error(
            "EXTERNAL_ARGUMENT_TYPE_MISMATCH",
            f'{where} with type "{given.type}" of argument "{merged.coordinate}" but is resolved with'
            f' "{merged.type}": use that type.',
            merged.coordinate,
        )
    elif not _same_default(context.subgraphs[index].schema, merged, given):
        context.error(
            "EXTERNAL_ARGUMENT_DEFAULT_MISMATCH",
            f'{where} with default {_default_text(given)} of argument "{merged.coordinate}" but is resolved with'
            f" {_default_text(merged)}: use the same default.",
            merged.coordinate,
        )


def _same_default(schema: Schema, merged: InputValue, given: InputValue) -> bool:
    if isinstance(merged.default, Missing) or isinstance(given.default, Missing):
        return merged.default is given.default
    values = [canonical_value(schema, default, given.type) for default in (merged.default, given.default)]
    return values[0] == values[1]


def _default_text(value: InputValue) -> str:
    return "none" if isinstance(value.default, Missing) else print_value(value.default)
