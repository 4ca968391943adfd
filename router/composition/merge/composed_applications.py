"""A composed directive has one definition in the supergraph: every application must fit it."""

from __future__ import annotations

from collections.abc import Iterator

from router.composition.merge.context import MergeContext
from router.composition.schema import Application, DirectiveDefinition, Schema, print_value
from router.composition.schema.fitting import value_fits

__all__ = ["check_composed_applications"]


def check_composed_applications(context: MergeContext) -> None:
    """DIRECTIVE_COMPOSITION_ERROR for what was valid by its own subgraph's definition only; types are merged.

    A subgraph's elements are gone through once for each directive that it composes.
    """
    for index, name in sorted(context.composed):
        definition = context.supergraph.directives.get(name)
        if definition is None:
            continue
        schema = context.subgraphs[index].schema
        for element in (*schema.elements(), *schema.directive_arguments()):
            for application in element.applied:
                if application.name == name:
                    for problem in _problems(context.supergraph, application, definition):
                        context.error(
                            "DIRECTIVE_COMPOSITION_ERROR",
                            f'{application} on "{element.coordinate}" in {context.names([index])} does not fit the'
                            f' supergraph\'s "@{name}", the definition of {_defining(context, definition)}:'
                            f" {problem}. Define it alike in all subgraphs.",
                            element.coordinate,
                        )


def _problems(supergraph: Schema, application: Application, definition: DirectiveDefinition) -> Iterator[str]:
    for name in application.arguments:
        if name not in definition.arguments:
            yield f'it has no argument "{name}"'
    for name, argument in definition.arguments.items():
        if name not in application.arguments:
            if argument.required:
                yield f'argument "{name}" is required'
        elif not value_fits(supergraph, application.arguments[name], argument.type):
            yield f'{print_value(application.arguments[name])} is no value of argument "{name}: {argument.type}"'


def _defining(context: MergeContext, definition: DirectiveDefinition) -> str:
    return context.names(
        index
        for index, name in sorted(context.composed)
        if name == definition.name
        and context.subgraphs[index].schema.directives[name].arguments == definition.arguments
    )
