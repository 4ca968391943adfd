"""The join specification: how a supergraph tells a router which subgraph has what (https://specs.apollo.dev/join/)."""

from __future__ import annotations

import re
from collections.abc import Iterable

from router.specs.feature import SPECS, FeatureUrl, FeatureVersion

__all__ = ["JOIN_IDENTITY", "graph_enum_values", "join_definitions", "join_url_for"]

JOIN_IDENTITY = SPECS + "join"
_V03, _V04, _V05 = FeatureVersion(0, 3), FeatureVersion(0, 4), FeatureVersion(0, 5)

_FIELD_ARGUMENTS = (
    (_V03, "graph: join__Graph"),
    (_V03, "requires: join__FieldSet"),
    (_V03, "provides: join__FieldSet"),
    (_V03, "type: String"),
    (_V03, "external: Boolean"),
    (_V03, "override: String"),
    (_V03, "usedOverridden: Boolean"),
    (_V04, "overrideLabel: String"),
    (_V05, "contextArguments: [join__ContextArgument!]"),
)

_DEFINITIONS = (
    (_V03, "directive @join__enumValue(graph: join__Graph!) repeatable on ENUM_VALUE"),
    (_V03, "directive @join__field({field_arguments}) repeatable on FIELD_DEFINITION | INPUT_FIELD_DEFINITION"),
    (_V03, "directive @join__graph(name: String!, url: String!) on ENUM_VALUE"),
    (_V03, "directive @join__implements(graph: join__Graph!, interface: String!) repeatable on OBJECT | INTERFACE"),
    (
        _V03,
        "directive @join__type(graph: join__Graph!, key: join__FieldSet, extension: Boolean! = false,"
        " resolvable: Boolean! = true, isInterfaceObject: Boolean! = false) repeatable on"
        " OBJECT | INTERFACE | UNION | ENUM | INPUT_OBJECT | SCALAR",
    ),
    (_V03, "directive @join__unionMember(graph: join__Graph!, member: String!) repeatable on UNION"),
    (
        _V04,
        "directive @join__directive(graphs: [join__Graph!], name: String!, args: join__DirectiveArguments) repeatable"
        " on SCHEMA | OBJECT | INTERFACE | FIELD_DEFINITION",
    ),
    (_V03, "scalar join__FieldSet"),
    (_V04, "scalar join__DirectiveArguments"),
    (_V05, "scalar join__FieldValue"),
    (
        _V05,
        "input join__ContextArgument { name: String! type: String! context: String! selection: join__FieldValue! }",
    ),
)


def join_url_for(federation: FeatureVersion) -> FeatureUrl:
    """The join version a supergraph links when ``federation`` is the highest version its subgraphs use."""
    if federation >= FeatureVersion(2, 8):
        version = _V05
    elif federation >= FeatureVersion(2, 7):
        version = _V04
    else:
        version = _V03
    return FeatureUrl(JOIN_IDENTITY, "join", version)


def join_definitions(version: FeatureVersion) -> list[str]:
    """The specification's definitions at ``version`` as SDL, without the enum ``join__Graph``."""
    field_arguments = ", ".join(text for since, text in _FIELD_ARGUMENTS if since <= version)
    return [text.replace("{field_arguments}", field_arguments) for since, text in _DEFINITIONS if since <= version]


def graph_enum_values(names: Iterable[str]) -> dict[str, str]:
    """Subgraph name to its ``join__Graph`` value, in order of name, by Apollo's spelling.

    >>> graph_enum_values(["b-1", "users", "2d"])
    {'2d': '_2D', 'b-1': 'B_1_', 'users': 'USERS'}
    """
    by_value: dict[str, list[str]] = {}
    for name in sorted(names):
        value = re.sub(r"[^A-Z0-9_]", "_", name.upper())
        if value[:1].isdigit():
            value = "_" + value
        if re.search(r"_\d+$", value):
            value += "_"
        by_value.setdefault(value, []).append(name)
    chosen: dict[str, str] = {}
    for value, sharing in by_value.items():
        for number, name in enumerate(sharing, start=1):
            chosen[name] = value if len(sharing) == 1 else f"{value}_{number}"
    return dict(sorted(chosen.items()))
