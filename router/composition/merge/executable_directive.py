"""Executable directives of the subgraphs: the intersection, since every subgraph must understand them."""

from __future__ import annotations

from router.composition.merge.arguments import merge_arguments
from router.composition.merge.context import MergeContext, Sources
from router.composition.merge.description import merge_description
from router.composition.merge.type_reference import note_enum_position
from router.composition.schema import DirectiveDefinition

__all__ = ["EXECUTABLE_LOCATIONS", "merge_executable_directives"]

_LOCATIONS = (
    "QUERY",
    "MUTATION",
    "SUBSCRIPTION",
    "FIELD",
    "FRAGMENT_DEFINITION",
    "FRAGMENT_SPREAD",
    "INLINE_FRAGMENT",
    "VARIABLE_DEFINITION",
)
EXECUTABLE_LOCATIONS = frozenset(_LOCATIONS)
"""Where a directive stands in operations."""


def merge_executable_directives(context: MergeContext) -> None:
    """Merge the definitions that no specification owns and that stand somewhere in operations.

    What is not common to all subgraphs is left out with a hint; an error is only what merging arguments reports.
    """
    for directive in context.supergraph.directives.values():
        for argument in directive.arguments.values():
            note_enum_position(context, argument.type, is_input=True)
    names = sorted(
        {
            name
            for subgraph in context.subgraphs
            for name, directive in subgraph.schema.directives.items()
            if not EXECUTABLE_LOCATIONS.isdisjoint(directive.locations)
            and subgraph.schema.links.origin("@" + name) is None
            and name not in context.supergraph.directives
        }
    )
    for name in names:
        sources = {
            index: subgraph.schema.directives[name]
            for index, subgraph in enumerate(context.subgraphs)
            if name in subgraph.schema.directives
        }
        missing = [index for index in range(len(context.subgraphs)) if index not in sources]
        if missing:
            context.hint(
                "INCONSISTENT_EXECUTABLE_DIRECTIVE_PRESENCE",
                f'Executable directive "@{name}" is not in the supergraph: {context.names(missing)} does not have it.',
                f"@{name}",
            )
        else:
            _merge(context, sources, name)


def _merge(context: MergeContext, sources: Sources[DirectiveDefinition], name: str) -> None:
    listed = {
        index: [location for location in _LOCATIONS if location in source.locations]
        for index, source in sources.items()
    }
    common = set.intersection(*map(set, listed.values()))
    locations = context.told_apart({index: " | ".join(found) for index, found in listed.items()})
    coordinate = f"@{name}"
    if not common:
        context.hint(
            "NO_EXECUTABLE_DIRECTIVE_INTERSECTION",
            f'Executable directive "@{name}" is not in the supergraph: its locations have nothing in common:'
            f" {locations}.",
            coordinate,
        )
        return
    if any(set(found) != common for found in listed.values()):
        context.hint(
            "INCONSISTENT_EXECUTABLE_DIRECTIVE_LOCATIONS",
            f'Executable directive "@{name}" has different locations: {locations}. The supergraph has the common ones.',
            coordinate,
        )
    plural = [index for index, source in sources.items() if source.repeatable]
    if 0 < len(plural) < len(sources):
        context.hint(
            "INCONSISTENT_EXECUTABLE_DIRECTIVE_REPEATABLE",
            f'Executable directive "@{name}" is repeatable in {context.names(plural)} only: the supergraph'
            " has it plain.",
            coordinate,
        )
    directive = DirectiveDefinition(
        coordinate=coordinate,
        name=name,
        repeatable=len(plural) == len(sources),
        locations=[location for location in _LOCATIONS if location in common],
    )
    merge_description(context, sources, directive)
    merge_arguments(context, sources, directive)
    context.supergraph.directives[name] = directive
