"""The finished supergraph: links, specification definitions, ``join__Graph``, and the merged types."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from graphql import DocumentNode

from router.composition.merge.context import MergeContext
from router.composition.merge.join_directive import connect_versions, implied_federation_version, uses_cache_tag
from router.composition.schema import Application, EnumLiteral, Schema, Value
from router.composition.schema.document import schema_document
from router.composition.schema.printer import print_schema
from router.composition.schema.value import print_value
from router.specs.feature import FeatureUrl
from router.specs.join import join_definitions, join_url_for
from router.specs.shared import (
    CACHE_TAG_URL,
    CONTEXT,
    LINK_DEFINITIONS,
    LINK_URL,
    SHARED_SPECIFICATIONS,
    SharedSpecification,
    connect_url_for,
)

__all__ = ["SupergraphText", "local_name", "used_specifications", "write_supergraph"]

_ONE_OF = "directive @oneOf on INPUT_OBJECT"
"""GraphQL's own, but younger than some routers: they take the directive only with its definition."""


@dataclass(frozen=True, slots=True)
class SupergraphText:
    """A whole supergraph, as SDL and as the document that SDL stands for."""

    schema: Schema
    definitions: list[str]

    def sdl(self) -> str:
        """The text, definitions by name."""
        return print_schema(self.schema, ((_defined_name(text), text) for text in self.definitions))

    def document(self) -> DocumentNode:
        """The same as a syntax tree, without the way through the text."""
        return schema_document(self.schema, self.definitions)


def write_supergraph(context: MergeContext) -> SupergraphText:
    """Write the links into the supergraph's schema definition, and add what they define."""
    join = join_url_for(implied_federation_version(context))
    used = used_specifications(context)
    links = [_link(LINK_URL), _link(join, purpose="EXECUTION")]
    links += [_shared_link(context, specification, names) for specification, names in used]
    if uses_cache_tag(context):
        links.append(_link(CACHE_TAG_URL, purpose="EXECUTION"))
    connect = connect_versions(context)
    if connect:
        links.append(_link(connect_url_for(max(connect)), purpose="EXECUTION"))
    own = [application for application in context.supergraph.applied if application.name != "link"]
    context.supergraph.applied = [*links, *context.custom_links, *own]
    definitions = [*LINK_DEFINITIONS, *join_definitions(join.version), _graphs(context)]
    for specification, names in used:
        definitions += [
            specification.directives[name] % local_name(context, name)
            for name in specification.directives
            if name in names
        ]
        definitions += specification.types
    if _takes_one_of(context):
        definitions.append(_ONE_OF)
    return SupergraphText(context.supergraph, definitions)


def _takes_one_of(context: MergeContext) -> bool:
    applied = (application.name for type_ in context.supergraph.types.values() for application in type_.applied)
    return "oneOf" not in context.supergraph.directives and "oneOf" in applied


def _defined_name(sdl: str) -> str:
    name = sdl.split()[1]
    return name.partition("(")[0]


def used_specifications(context: MergeContext) -> list[tuple[SharedSpecification, set[str]]]:
    """The shared specifications the supergraph links, with the directives it uses of them."""
    used = set(context.directive_names)
    found = [(spec, used & set(spec.directives)) for spec in SHARED_SPECIFICATIONS if used & set(spec.directives)]
    if any(type_.has("context") for type_ in context.supergraph.types.values()):
        found.append((CONTEXT, {"context", "fromContext"}))
    return found


def local_name(context: MergeContext, name: str) -> str:
    """What a directive of a shared specification is called in the supergraph."""
    return "context__fromContext" if name == "fromContext" else context.directive_names.get(name, name)


def _link(url: FeatureUrl, imports: list[Value] | None = None, purpose: str | None = None) -> Application:
    arguments: dict[str, Value] = {"url": str(url)}
    if imports:
        arguments["import"] = imports
    if purpose:
        arguments["for"] = EnumLiteral(purpose)
    return Application("link", arguments)


def _shared_link(context: MergeContext, specification: SharedSpecification, names: set[str]) -> Application:
    imports: list[Value] = []
    for name in sorted(names - {"fromContext"}):
        local = context.directive_names.get(name, name)
        if local != name:
            imports.append({"name": f"@{name}", "as": f"@{local}"})
        elif name != specification.url.name:
            imports.append(f"@{name}")
    return _link(specification.url, imports, specification.purpose)


def _graphs(context: MergeContext) -> str:
    values = "".join(f"  {value}\n" for value in _graph_values(context))
    return f"enum join__Graph {{\n{values}}}"


def _graph_values(context: MergeContext) -> Iterator[str]:
    for subgraph, graph in zip(context.subgraphs, context.graphs, strict=True):
        name, url = print_value(subgraph.name), print_value(subgraph.url)
        yield f"{graph.name} @join__graph(name: {name}, url: {url})"
