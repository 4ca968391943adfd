"""Names that the supergraph's own specifications take: nothing of a subgraph can have them there.

``join`` and ``link`` are refused in each subgraph; whether a supergraph links the others depends on all subgraphs.
"""

from __future__ import annotations

from collections.abc import Iterator

from graphql import specified_scalar_types

from router.composition.merge.context import MergeContext
from router.composition.merge.join_directive import connect_versions, uses_cache_tag
from router.composition.merge.supergraph_text import local_name, used_specifications
from router.composition.schema import FieldsType, InputObjectType, UnionType
from router.composition.schema.type_ref import named
from router.specs.feature import FeatureUrl

__all__ = ["check_reserved_names"]


def check_reserved_names(context: MergeContext) -> None:
    """Report links, types and directives of subgraphs that would read as another specification's; merging is over."""
    own = _linked_by_composition(context)
    custom = set(_custom_names(context))
    for name in sorted(own & custom):
        context.error(
            "DIRECTIVE_COMPOSITION_ERROR",
            f'A composed directive is of a specification called "{name}", as one of the supergraph\'s own is:'
            f" {_linking(context, name)}. Link it under another name with as.",
            f"@{name}",
        )
    _check_directives(context, own)
    _check_directive_arguments(context)
    exposed = _exposed_types(context)
    for name in context.supergraph.types:
        prefix = name.partition("__")[0]
        if prefix != name and (prefix in own or (prefix in custom and name in exposed)):
            context.error(
                "TYPE_DEFINITION_INVALID",
                f'Type "{name}" of {context.names(context.type_sources(name))} has a name of the specification'
                f' "{prefix}", which the supergraph links, and so is no type of the API: rename it.',
                name,
            )


def _check_directives(context: MergeContext, own: set[str]) -> None:
    taken = {"link"} | {
        local_name(context, name)
        for _, names in used_specifications(context)
        for name in names
        if name != "fromContext"
    }
    composed = {name for _, name in context.composed}
    for name in context.supergraph.directives:
        if name in taken or (name not in composed and name.partition("__")[0] in own):
            context.error(
                "DIRECTIVE_COMPOSITION_ERROR" if name in composed else "DIRECTIVE_DEFINITION_INVALID",
                f'Directive "@{name}" of {_defining(context, name)} has the name of a directive of the'
                " supergraph's own specifications: rename it.",
                f"@{name}",
            )


def _check_directive_arguments(context: MergeContext) -> None:
    composed = {name for _, name in context.composed}
    for directive in context.supergraph.directives.values():
        for argument in directive.arguments.values():
            name = named(argument.type)
            if name not in context.supergraph.types and name not in specified_scalar_types:
                context.error(
                    "DIRECTIVE_COMPOSITION_ERROR" if directive.name in composed else "INVALID_GRAPHQL",
                    f'"{argument.coordinate}" of {_defining(context, directive.name)} cannot be of type "{name}",'
                    " which serves federation alone and is no type of the supergraph: use another type.",
                    argument.coordinate,
                )


def _defining(context: MergeContext, name: str) -> str:
    return context.names(i for i, subgraph in enumerate(context.subgraphs) if name in subgraph.schema.directives)


def _linked_by_composition(context: MergeContext) -> set[str]:
    names = {"join", "link"} | {specification.url.name for specification, _ in used_specifications(context)}
    if uses_cache_tag(context):
        names.add("cacheTag")
    if connect_versions(context):
        names.add("connect")
    return names


def _custom_names(context: MergeContext) -> Iterator[str]:
    for link in context.custom_links:
        url, alias = link.text("url"), link.text("as")
        yield alias or FeatureUrl.parse(url).name


def _linking(context: MergeContext, name: str) -> str:
    return "it is linked in " + context.names(
        index
        for index, subgraph in enumerate(context.subgraphs)
        if any(link.name == name for link in subgraph.schema.links)
    )


def _exposed_types(context: MergeContext) -> set[str]:
    """Types that clients could see: all but scalars, enums and inputs that only directives take."""
    exposed: set[str] = set()
    for type_ in context.supergraph.types.values():
        if isinstance(type_, FieldsType | UnionType):
            exposed.add(type_.name)
        if isinstance(type_, FieldsType):
            for field in type_.fields.values():
                exposed |= {named(field.type), *(named(argument.type) for argument in field.arguments.values())}
        elif isinstance(type_, InputObjectType):
            exposed |= {named(field.type) for field in type_.fields.values() if "__" not in type_.name}
    return exposed
