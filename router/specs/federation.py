"""The federation specification: what a subgraph may use at each version (Federation docs, "Changelog")."""

from __future__ import annotations

from functools import lru_cache

from router.specs.definition import SpecificationElement, SpecNode, elements_at
from router.specs.feature import SPECS, FeatureVersion

__all__ = [
    "CONNECT_MINIMUM_FEDERATION",
    "FEDERATION_1",
    "FEDERATION_IDENTITY",
    "FEDERATION_VERSIONS",
    "federation_elements",
    "federation_version_of",
]

FEDERATION_IDENTITY = SPECS + "federation"
FEDERATION_VERSIONS = tuple(FeatureVersion(2, minor) for minor in range(15))
FEDERATION_1 = FeatureVersion(1, 0)

CONNECT_MINIMUM_FEDERATION = {
    FeatureVersion(0, 1): FeatureVersion(2, 10),
    FeatureVersion(0, 2): FeatureVersion(2, 11),
    FeatureVersion(0, 3): FeatureVersion(2, 12),
    FeatureVersion(0, 4): FeatureVersion(2, 13),
}
"""The federation version each version of the connect specification needs."""

_TAG_LOCATIONS = (
    "FIELD_DEFINITION | OBJECT | INTERFACE | UNION | ARGUMENT_DEFINITION | SCALAR | ENUM | ENUM_VALUE | INPUT_OBJECT"
    " | INPUT_FIELD_DEFINITION"
)
_AUTH_LOCATIONS = "FIELD_DEFINITION | OBJECT | INTERFACE | SCALAR | ENUM"


def _since(minor: int, sdl: str, major: int = 2) -> SpecificationElement:
    return SpecificationElement(FeatureVersion(major, minor), sdl)


_ELEMENTS = (
    _since(0, "scalar FieldSet", major=1),
    _since(
        0, "directive @key(fields: FieldSet!, resolvable: Boolean = true) repeatable on OBJECT | INTERFACE", major=1
    ),
    _since(0, "directive @requires(fields: FieldSet!) on FIELD_DEFINITION", major=1),
    _since(0, "directive @provides(fields: FieldSet!) on FIELD_DEFINITION", major=1),
    _since(0, "directive @external(reason: String) on OBJECT | FIELD_DEFINITION", major=1),
    _since(0, "directive @extends on OBJECT | INTERFACE", major=1),
    _since(0, f"directive @tag(name: String!) repeatable on {_TAG_LOCATIONS}", major=1),
    _since(0, "directive @shareable on OBJECT | FIELD_DEFINITION"),
    _since(0, "directive @override(from: String!) on FIELD_DEFINITION"),
    _since(0, f"directive @inaccessible on {_TAG_LOCATIONS}"),
    _since(1, "directive @composeDirective(name: String) repeatable on SCHEMA"),
    _since(2, "directive @shareable repeatable on OBJECT | FIELD_DEFINITION"),
    _since(3, "directive @interfaceObject on OBJECT"),
    _since(3, f"directive @tag(name: String!) repeatable on {_TAG_LOCATIONS} | SCHEMA"),
    _since(5, f"directive @authenticated on {_AUTH_LOCATIONS}"),
    _since(5, "scalar Scope"),
    _since(5, f"directive @requiresScopes(scopes: [[Scope!]!]!) on {_AUTH_LOCATIONS}"),
    _since(6, "scalar Policy"),
    _since(6, f"directive @policy(policies: [[Policy!]!]!) on {_AUTH_LOCATIONS}"),
    _since(7, "directive @override(from: String!, label: String) on FIELD_DEFINITION"),
    _since(8, "scalar ContextFieldValue"),
    _since(8, "directive @context(name: String!) repeatable on INTERFACE | OBJECT | UNION"),
    _since(8, "directive @fromContext(field: ContextFieldValue) on ARGUMENT_DEFINITION"),
    _since(
        9,
        "directive @cost(weight: Int!) on ARGUMENT_DEFINITION | ENUM | FIELD_DEFINITION | INPUT_FIELD_DEFINITION"
        " | OBJECT | SCALAR",
    ),
    _since(
        9,
        "directive @listSize(assumedSize: Int, slicingArguments: [String!], sizedFields: [String!],"
        " requireOneSlicingArgument: Boolean = true) on FIELD_DEFINITION",
    ),
    _since(12, "directive @cacheTag(format: String!) repeatable on OBJECT | FIELD_DEFINITION"),
)


@lru_cache(maxsize=32)
def federation_elements(version: FeatureVersion) -> dict[str, SpecNode]:
    """Directives (with ``@``) and scalars of a federation version; ``FEDERATION_1`` gives what needed no link."""
    return elements_at(_ELEMENTS, version)


def federation_version_of(element: str) -> FeatureVersion | None:
    """The first federation 2 version that has an element, directives with their ``@``."""
    return next((version for version in FEDERATION_VERSIONS if element in federation_elements(version)), None)
