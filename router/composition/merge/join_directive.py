"""``@join__directive``: directives a router needs per subgraph, kept as they are (cacheTag and the connect spec)."""

from __future__ import annotations

from collections.abc import Iterator

from router.composition.merge.context import MergeContext, Sources
from router.composition.schema import Application, Element, FieldsType, Value, print_value
from router.composition.subgraph.subgraph import Subgraph
from router.specs.feature import FeatureUrl, FeatureVersion
from router.specs.federation import CONNECT_MINIMUM_FEDERATION
from router.specs.shared import CONNECT_IDENTITY

__all__ = ["connect_versions", "implied_federation_version", "merge_join_directives", "uses_cache_tag"]


def merge_join_directives(context: MergeContext) -> None:
    """Write them on the schema, types and fields of the supergraph (join specification, since v0.4)."""
    schemas = {index: subgraph.schema for index, subgraph in enumerate(context.subgraphs)}
    _merge(context, schemas, context.supergraph)
    for dest in context.supergraph.fields_types():
        sources = context.sources_of_kind(dest.name, FieldsType)
        _merge(context, sources, dest)
        for field in dest.fields.values():
            versions = {i: source.fields[field.name] for i, source in sources.items() if field.name in source.fields}
            _merge(context, versions, field)


def uses_cache_tag(context: MergeContext) -> bool:
    """Whether some subgraph applies ``@cacheTag``."""
    return any(element.has("cacheTag") for subgraph in context.subgraphs for element in subgraph.schema.elements())


def connect_versions(context: MergeContext) -> list[FeatureVersion]:
    """The connect versions that subgraphs link."""
    return [url.version for subgraph in context.subgraphs if (url := _connect_url(subgraph)) is not None]


def implied_federation_version(context: MergeContext) -> FeatureVersion:
    """The highest federation version in use; a linked feature may raise it, which is a hint."""
    linked = max(subgraph.version for subgraph in context.subgraphs)
    implied = max(
        (CONNECT_MINIMUM_FEDERATION.get(version, linked) for version in connect_versions(context)), default=linked
    )
    if implied > linked:
        context.hint(
            "IMPLICITLY_UPGRADED_FEDERATION_VERSION",
            f'The connect specification, linked on "schema" in {context.names(_linking_connect(context))}, needs'
            f" federation {implied}, newer than {linked}, the newest linked version: it is composed with that.",
            "schema",
        )
    return max(implied, linked)


def _linking_connect(context: MergeContext) -> list[int]:
    return [index for index, subgraph in enumerate(context.subgraphs) if _connect_url(subgraph) is not None]


def _connect_url(subgraph: Subgraph) -> FeatureUrl | None:
    link = subgraph.schema.links.by_identity(CONNECT_IDENTITY)
    return link.url if link is not None else None


def _merge(context: MergeContext, sources: Sources[Element], dest: Element) -> None:
    graphs: dict[str, list[int]] = {}
    kept: dict[str, tuple[str, dict[str, Value]]] = {}
    for index, source in sources.items():
        for name, arguments in _kept(context.subgraphs[index], source):
            text = f"{name} {print_value(arguments, sort_entries=True)}"
            graphs.setdefault(text, []).append(index)
            kept[text] = (name, arguments)
    for text, indexes in graphs.items():
        name, arguments = kept[text]
        values: list[Value] = [context.graphs[index] for index in dict.fromkeys(indexes)]
        dest.applied.append(context.join("directive", graphs=values, name=name, args=arguments))


def _kept(subgraph: Subgraph, element: Element) -> Iterator[tuple[str, dict[str, Value]]]:
    for application in element.applied:
        if application.spec == "cacheTag":
            yield "federation__cacheTag", application.arguments
        elif _is_connect(subgraph, application):
            yield application.name, application.arguments


def _is_connect(subgraph: Subgraph, application: Application) -> bool:
    """Directives of the connect specification, and the link to it."""
    url = application.arguments.get("url")
    if isinstance(url, str) and application.name == "link":
        return url.startswith(CONNECT_IDENTITY + "/")
    if application.spec is not None or _connect_url(subgraph) is None:
        return False
    origin = subgraph.schema.links.origin("@" + application.name)
    return origin is not None and origin[0].url.identity == CONNECT_IDENTITY
