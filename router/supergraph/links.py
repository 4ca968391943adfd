"""The specifications a supergraph links, with ``@link`` or its ancestor ``@core``, and the names they take in it."""

from __future__ import annotations

from collections.abc import Iterator

from graphql import ConstDirectiveNode, DocumentNode, SchemaDefinitionNode, StringValueNode

from router.specs.feature import SPECS, FeatureUrl, InvalidFeatureUrlError
from router.specs.link import Link, Links, read_links

__all__ = ["SupergraphLinks"]


class SupergraphLinks:
    """What the names of a supergraph document mean."""

    def __init__(self, links: Links) -> None:
        self._links = links

    @classmethod
    def of(cls, document: DocumentNode) -> SupergraphLinks:
        """Read the document's links. What is wrong with a link is the composer's business, not the reader's."""
        links, _ = read_links(document)
        core = list(_core_features(document))
        return cls(Links([*links, *core]) if core else links)

    def feature(self, name: str) -> Link | None:
        """The link of a specification of ``specs.apollo.dev``."""
        return self._links.by_identity(SPECS + name)

    def directive(self, feature: str, name: str) -> str | None:
        """Local name of a feature's directive, without ``@``; ``None`` when the document does not link the feature."""
        link = self.feature(feature)
        return None if link is None else link.local_name(f"@{name}")[1:]

    def owns_directive(self, name: str) -> bool:
        """Whether a directive of this local name belongs to a linked specification."""
        return self._links.origin(f"@{name}") is not None

    def owns_type(self, name: str) -> bool:
        """Whether a type of this local name belongs to a linked specification."""
        return self._links.origin(name) is not None


def _core_features(document: DocumentNode) -> Iterator[Link]:
    for definition in document.definitions:
        if isinstance(definition, SchemaDefinitionNode):
            for directive in definition.directives or ():
                if directive.name.value == "core" and (link := _core_feature(directive)) is not None:
                    yield link


def _core_feature(directive: ConstDirectiveNode) -> Link | None:
    strings = {
        argument.name.value: argument.value.value
        for argument in directive.arguments or ()
        if isinstance(argument.value, StringValueNode)
    }
    try:
        return Link(FeatureUrl.parse(strings.get("feature", "")), strings.get("as"))
    except InvalidFeatureUrlError:
        return None
