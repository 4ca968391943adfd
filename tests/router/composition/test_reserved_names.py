"""Every name that a specification knows, as the name of anything a subgraph may define: composed or refused, typed."""

from __future__ import annotations

import pytest
from graphql import specified_directives, specified_scalar_types
from hypothesis import example, given, settings
from hypothesis import strategies as st

from router.composition import SubgraphSource, compose
from router.composition.errors import ERROR_CODES
from router.composition.schema import print_value
from router.composition.subgraph.expand import specification_definitions
from router.specs.connect import CONNECT_DIRECTIVES
from router.specs.feature import FeatureVersion
from router.specs.federation import FEDERATION_VERSIONS, federation_elements
from router.specs.join import join_definitions
from router.specs.link import Links
from router.specs.service import SERVICE_FIELDS, SERVICE_TYPES
from router.specs.shared import CONTEXT, SHARED_DIRECTIVES, SHARED_SPECIFICATIONS
from router.supergraph import Supergraph
from tests.router.composition.harness import FEDERATION

_SPECIFICATIONS = (
    *(specification.url.name for specification in (*SHARED_SPECIFICATIONS, CONTEXT)),
    *("link", "join", "federation", "connect", "cacheTag", "core", "marks"),
)
_NAMES = sorted(
    {
        *(element.removeprefix("@") for element in federation_elements(FEDERATION_VERSIONS[-1])),
        *(element.removeprefix("@") for element in specification_definitions(Links())),
        *(text.split()[1].removeprefix("@").partition("(")[0] for text in join_definitions(FeatureVersion(0, 5))),
        *(directive.name for directive in specified_directives),
        *specified_scalar_types,
        *CONNECT_DIRECTIVES,
        *SHARED_DIRECTIVES,
        *SERVICE_TYPES,
        *SERVICE_FIELDS,
        *("join__Graph", "join__X", "link__X", "X", "Scope", "Query", "Mutation", "Subscription", "schema"),
        *("__Schema", "__Type", "__X", "_", "_FieldSet"),
        *_SPECIFICATIONS,
        *(f"{name}__X" for name in _SPECIFICATIONS),
    }
)
_DEFINITIONS = {
    "object": "type {} {{ b: Int }} type Q {{ a: {} }}",
    "service": "type {} {{ sdl: String }} type Q {{ a: {} }}",
    "interface": "interface {} {{ b: Int }} type Q implements {} {{ b: Int }}",
    "union": "union {} = O type O {{ o: Int }} type Q {{ a: {} }}",
    "member": "type {} {{ b: Int }} union U = {} type Q {{ a: U }}",
    "enum": "enum {} {{ A }} type Q {{ a: {} }}",
    "input": "input {} {{ b: Int }} type Q {{ a(b: {}): Int }}",
    "scalar": "scalar {} type Q {{ a: {} }}",
    "scalar of an input": "scalar {} input N {{ n: {} }} type Q {{ a(b: N): Int }}",
    "scalar of a directive": "scalar {} directive @run(how: {}) on FIELD type Q {{ a: Int }}",
    "extension": "extend type {} {{ b: Int }} type Q {{ a: {} }}",
    "root": "schema {{ query: {} }} type {} {{ b: Int }} type Q {{ a: Int }}",
    "mutation": "schema {{ query: Q mutation: {} }} type {} {{ b: Int }} type Q {{ a: Int }}",
    "undefined": "type Q {{ a: {} b: {} }}",
    "field": "type Q {{ {}: Int {}x: Int }}",
    "argument": "type Q {{ a({}: Int {}x: Int): Int }}",
    "value": "enum E {{ {} {}x }} type Q {{ a: E }}",
    "executable directive": "directive @{} on FIELD type Q {{ a: Int {}: Int }}",
    "schema directive": "directive @{} on FIELD_DEFINITION type Q {{ a: Int @{} }}",
    "composed directive": 'extend schema @link(url: "https://example.com/marks/v1.0", import: ["@{}"])'
    ' @federation__composeDirective(name: "@{}") directive @{} on FIELD_DEFINITION type Q {{ a: Int @{} }}',
    "specification": 'extend schema @link(url: "https://example.com/{}/v1.0", import: ["@mine"])'
    ' @federation__composeDirective(name: "@mine") directive @mine(how: {}__X) on FIELD_DEFINITION scalar {}__X'
    " type Q {{ a: Int @mine }}",
    "type of a specification": 'extend schema @link(url: "https://example.com/{}/v1.0", import: ["@mine"])'
    ' @federation__composeDirective(name: "@mine") directive @mine on FIELD_DEFINITION scalar {}__X'
    " type Q {{ a: {}__X @mine }}",
}
_HEADS = {
    "federation 1": "",
    "nothing imported": 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.12")',
    "everything imported": FEDERATION,
}
_OTHER = FEDERATION + (
    ' type Query { other: Int @tag(name: "x") @authenticated @cost(weight: 1) @policy(policies: [["p"]]) hidden: Int'
    ' @inaccessible @requiresScopes(scopes: [["s"]]) } type C @context(name: "c") { c: Int }'
)
"""A subgraph that makes the supergraph link what it can."""


def _sdl(definition: str, name: str) -> str:
    text = _DEFINITIONS[definition]
    sdl = text.format(*[name] * text.count("{}"))
    return sdl if "schema {" in sdl else f"{sdl} extend type Query {{ q: Q }}"


@settings(max_examples=250, deadline=None)
@given(st.sampled_from(sorted(_DEFINITIONS)), st.sampled_from(_NAMES), st.sampled_from(sorted(_HEADS)), st.booleans())
@example("object", "join__Graph", "everything imported", False)
@example("enum", "join__Graph", "everything imported", False)
@example("object", "link__Purpose", "everything imported", False)
@example("undefined", "federation__FieldSet", "nothing imported", False)
@example("root", "_Service", "nothing imported", False)
@example("object", "tag__X", "nothing imported", True)
@example("executable directive", "tag", "nothing imported", True)
@example("specification", "join", "nothing imported", False)
@example("scalar of a directive", "_Any", "nothing imported", False)
@example("mutation", "Subscription", "nothing imported", False)
@example("type of a specification", "marks", "nothing imported", False)
def test_no_name_ends_composition(definition: str, name: str, head: str, beside: bool) -> None:
    sources = [SubgraphSource("mine", "", f"{_HEADS[head]}\n{_sdl(definition, name)}")]
    if beside:
        sources.append(SubgraphSource("other", "", _OTHER))
    result = compose(sources)
    assert {error.code for error in result.errors} <= ERROR_CODES.keys()
    assert (result.supergraph_sdl is None) == bool(result.errors)
    if result.supergraph_sdl is not None:
        Supergraph.from_sdl(result.supergraph_sdl)


@pytest.mark.parametrize(
    "name", ["join__Graph", "join__X", "join__FieldSet", "link__Purpose", "_Any", "_Service", "_Entity"]
)
def test_every_other_error_is_told_too(name: str) -> None:
    result = compose(
        [
            SubgraphSource("a", "", f"{FEDERATION} type Query {{ a: {name} }} type {name} {{ b: Int }}"),
            SubgraphSource("b", "", f"{FEDERATION} type Query {{ b: B }}"),
            SubgraphSource("", "", f"{FEDERATION} type Query {{ c: Int @external }}"),
        ]
    )
    codes = [error.code for error in result.errors]
    assert codes == ["INVALID_SUBGRAPH_NAME", "EXTERNAL_UNUSED", "TYPE_DEFINITION_INVALID", "INVALID_GRAPHQL"]
    assert print_value(name)[1:-1] in result.errors[2].message
