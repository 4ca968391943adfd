"""Refuses supergraphs that need something this router does not do.

A specification linked ``for: SECURITY`` or ``for: EXECUTION`` must be known, or data would be shown that its authors
protect, or answers be wrong (link specification v1.0, "Purpose"). Others may be passed over. A version that is not
known is another specification: it may ask for what this router does not do.
"""

from __future__ import annotations

from collections.abc import Iterator

from graphql import (
    ConstDirectiveNode,
    DirectiveNode,
    EnumValueNode,
    SchemaDefinitionNode,
    SchemaExtensionNode,
    StringValueNode,
    parse,
)

from router.specs.feature import SPECS, FeatureUrl, InvalidFeatureUrlError

__all__ = ["unknown_features"]

_KNOWN = frozenset(
    f"{SPECS}{name}/{version}"
    for name, versions in {
        "core": ("v0.1", "v0.2"),
        "link": ("v1.0",),
        "join": ("v0.1", "v0.2", "v0.3", "v0.4", "v0.5"),
        "inaccessible": ("v0.1", "v0.2"),
        "authenticated": ("v0.1",),
        "requiresScopes": ("v0.1",),
        "policy": ("v0.1",),
        "context": ("v0.1",),
        "cacheTag": ("v0.1",),  # nothing is cached here, so nothing has to be dropped by its tags
    }.items()
    for version in versions
)
_BINDING = frozenset({"SECURITY", "EXECUTION"})


def unknown_features(sdl: str) -> list[str]:
    """The URLs of linked specifications that must be known and are not, in the order of the SDL.

    Parses all of it; raises ``GraphQLError`` when it is no GraphQL.
    """
    document = parse(sdl, no_location=True)
    return [
        url
        for definition in document.definitions
        if isinstance(definition, SchemaDefinitionNode | SchemaExtensionNode)
        for directive in definition.directives or ()
        for url in _binding_urls(directive)
        if not _is_known(url)
    ]


def _binding_urls(directive: ConstDirectiveNode | DirectiveNode) -> Iterator[str]:
    """``@link(url:, for:)``, whatever it is called, or its ancestor ``@core(feature:, for:)``."""
    arguments = {argument.name.value: argument.value for argument in directive.arguments or ()}
    url = arguments.get("url", arguments.get("feature"))
    purpose = arguments.get("for")
    if isinstance(url, StringValueNode) and isinstance(purpose, EnumValueNode) and purpose.value in _BINDING:
        yield url.value


def _is_known(url: str) -> bool:
    try:
        return str(FeatureUrl.parse(url)) in _KNOWN
    except InvalidFeatureUrlError:
        return False
