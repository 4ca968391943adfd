"""Arguments of a field: those every subgraph of the field has, unless a context fills them in."""

from __future__ import annotations

from typing import Protocol

from router.composition.merge.applied import merge_applied
from router.composition.merge.context import MergeContext, Sources
from router.composition.merge.default_value import merge_default
from router.composition.merge.description import merge_description
from router.composition.merge.type_reference import merge_type
from router.composition.schema import InputValue

__all__ = ["merge_arguments"]


class HasArguments(Protocol):
    """A field or a directive definition."""

    coordinate: str
    arguments: dict[str, InputValue]


def merge_arguments(context: MergeContext, sources: Sources[HasArguments], dest: HasArguments) -> None:
    """Fill ``dest.arguments``; of a field, ``sources`` are the versions that are not external.

    REQUIRED_ARGUMENT_MISSING_IN_SOME_SUBGRAPH for one that is required and not everywhere: the router could not send it
    (Federation docs, "Composition Rules", section "Input types and field arguments").
    """
    names = dict.fromkeys(name for source in sources.values() for name in source.arguments)
    for name in names:
        arguments = {index: source.arguments[name] for index, source in sources.items() if name in source.arguments}
        coordinate = f"{dest.coordinate}({name}:)"
        contextual = [index for index, argument in arguments.items() if argument.has("fromContext")]
        if contextual:
            _check_contextual(context, arguments, contextual, coordinate)
            continue
        missing = [index for index, source in sources.items() if name not in source.arguments]
        if missing:
            _report_missing(context, arguments, missing, coordinate)
            continue
        argument = InputValue(coordinate=coordinate, name=name)
        dest.arguments[name] = argument
        merge_description(context, arguments, argument)
        merge_applied(context, arguments, argument)
        merge_type(context, arguments, argument, is_input=True)
        merge_default(context, arguments, argument)


def _check_contextual(
    context: MergeContext, arguments: Sources[InputValue], contextual: list[int], coordinate: str
) -> None:
    plain = [(index, argument) for index, argument in arguments.items() if index not in contextual]
    if not plain:
        return
    required = [index for index, argument in plain if argument.required]
    code = "CONTEXTUAL_ARGUMENT_NOT_CONTEXTUAL_IN_ALL_SUBGRAPHS"
    where = f'Argument "{coordinate}" comes from a context in {context.names(contextual)}'
    if required:
        context.error(
            code,
            f"{where} but is required without one in {context.names(required)}:"
            " make it nullable there or apply @fromContext.",
            coordinate,
        )
    else:
        context.hint(code, f"{where} only: it is not in the supergraph.", coordinate)


def _report_missing(context: MergeContext, arguments: Sources[InputValue], missing: list[int], coordinate: str) -> None:
    required = [index for index, argument in arguments.items() if argument.required]
    if required:
        context.error(
            "REQUIRED_ARGUMENT_MISSING_IN_SOME_SUBGRAPH",
            f'Argument "{coordinate}" is required in {context.names(required)} but not declared in'
            f" {context.names(missing)}: declare it there or make it optional.",
            coordinate,
        )
    else:
        having = list(arguments)
        context.hint(
            "INCONSISTENT_ARGUMENT_PRESENCE",
            f'Optional argument "{coordinate}" is not in the supergraph:'
            f" {context.with_and_without(having, [*having, *missing])}.",
            coordinate,
        )
