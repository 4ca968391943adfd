"""Versioned SDL definitions of the directives and types that specifications bring."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import cast

from graphql import DirectiveDefinitionNode, InputObjectTypeDefinitionNode, ScalarTypeDefinitionNode, parse

from router.specs.feature import FeatureVersion

__all__ = ["SpecNode", "SpecificationElement", "elements_at"]

SpecNode = DirectiveDefinitionNode | ScalarTypeDefinitionNode | InputObjectTypeDefinitionNode


@dataclass(frozen=True, slots=True)
class SpecificationElement:
    """One definition, valid from version ``since`` until a later one of the same name replaces it.

    The SDL uses the element's canonical names; whoever prints it into a schema renames them.
    """

    since: FeatureVersion
    sdl: str


@lru_cache(maxsize=512)
def _node(sdl: str) -> SpecNode:
    node = parse(sdl, no_location=True).definitions[0]
    return cast(SpecNode, node)


def elements_at(elements: Iterable[SpecificationElement], version: FeatureVersion) -> dict[str, SpecNode]:
    """The definitions in force at ``version``, by name; directives are named with their ``@``."""
    found: dict[str, SpecNode] = {}
    for element in elements:
        if element.since <= version:
            node = _node(element.sdl)
            prefix = "@" if isinstance(node, DirectiveDefinitionNode) else ""
            found[prefix + node.name.value] = node
    return found
