"""Features whose applications reach the supergraph, and how it links and defines them: tag, inaccessible, cost and the
others of https://specs.apollo.dev/."""

from __future__ import annotations

from dataclasses import dataclass

from router.specs.feature import SPECS, FeatureUrl, FeatureVersion

__all__ = [
    "CACHE_TAG_URL",
    "CONNECT_IDENTITY",
    "CONTEXT",
    "LINK_DEFINITIONS",
    "LINK_URL",
    "SHARED_DIRECTIVES",
    "SHARED_SPECIFICATIONS",
    "SharedSpecification",
    "connect_url_for",
]

_TYPE_SYSTEM = (
    "FIELD_DEFINITION | OBJECT | INTERFACE | UNION | ARGUMENT_DEFINITION | SCALAR | ENUM | ENUM_VALUE | INPUT_OBJECT"
    " | INPUT_FIELD_DEFINITION"
)
_AUTH = "FIELD_DEFINITION | OBJECT | INTERFACE | SCALAR | ENUM"


def _url(name: str, minor: int) -> FeatureUrl:
    return FeatureUrl(SPECS + name, name, FeatureVersion(0, minor))


LINK_URL = FeatureUrl(SPECS + "link", "link", FeatureVersion(1, 0))
LINK_DEFINITIONS = (
    "directive @link(url: String, as: String, for: link__Purpose, import: [link__Import]) repeatable on SCHEMA",
    "scalar link__Import",
    'enum link__Purpose {\n  """\n  `SECURITY` features provide metadata necessary to securely resolve fields.\n  """\n'
    '  SECURITY\n\n  """\n  `EXECUTION` features provide metadata necessary for operation execution.\n  """\n'
    "  EXECUTION\n}",
)


@dataclass(frozen=True, slots=True)
class SharedSpecification:
    """``definitions`` is SDL in which ``@{name}`` stands for the local name of directive ``name``."""

    url: FeatureUrl
    purpose: str | None
    directives: dict[str, str]
    types: tuple[str, ...] = ()


SHARED_SPECIFICATIONS = (
    SharedSpecification(
        _url("tag", 3), None, {"tag": f"directive @%s(name: String!) repeatable on {_TYPE_SYSTEM} | SCHEMA"}
    ),
    SharedSpecification(_url("inaccessible", 2), "SECURITY", {"inaccessible": f"directive @%s on {_TYPE_SYSTEM}"}),
    SharedSpecification(_url("authenticated", 1), "SECURITY", {"authenticated": f"directive @%s on {_AUTH}"}),
    SharedSpecification(
        _url("requiresScopes", 1),
        "SECURITY",
        {"requiresScopes": f"directive @%s(scopes: [[requiresScopes__Scope!]!]!) on {_AUTH}"},
        ("scalar requiresScopes__Scope",),
    ),
    SharedSpecification(
        _url("policy", 1),
        "SECURITY",
        {"policy": f"directive @%s(policies: [[policy__Policy!]!]!) on {_AUTH}"},
        ("scalar policy__Policy",),
    ),
    SharedSpecification(
        _url("cost", 1),
        None,
        {
            "cost": "directive @%s(weight: Int!) on ARGUMENT_DEFINITION | ENUM | FIELD_DEFINITION"
            " | INPUT_FIELD_DEFINITION | OBJECT | SCALAR",
            "listSize": "directive @%s(assumedSize: Int, slicingArguments: [String!], sizedFields: [String!],"
            " requireOneSlicingArgument: Boolean = true) on FIELD_DEFINITION",
        },
    ),
)

SHARED_DIRECTIVES = {name: spec for spec in SHARED_SPECIFICATIONS for name in spec.directives}
"""The merged federation directives, by canonical name."""

CONTEXT = SharedSpecification(
    _url("context", 1),
    "SECURITY",
    {
        "context": "directive @%s(name: String!) repeatable on INTERFACE | OBJECT | UNION",
        "fromContext": "directive @%s(field: context__ContextFieldValue) on ARGUMENT_DEFINITION",
    },
    ("scalar context__ContextFieldValue",),
)

CACHE_TAG_URL = _url("cacheTag", 1)
CONNECT_IDENTITY = SPECS + "connect"


def connect_url_for(highest: FeatureVersion) -> FeatureUrl:
    """The connect version a supergraph links when ``highest`` is the highest its subgraphs link."""
    return _url("connect", 4 if highest >= FeatureVersion(0, 4) else 3)
