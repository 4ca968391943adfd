"""Remarks that do not fail composition (Federation docs, "Composition Hints")."""

from __future__ import annotations

import pytest

from router.composition.hints import HINT_CODES
from tests.router.composition.harness import FEDERATION, composed, hinted

ONE = "type Query { one: Int }"
MARK = f"""{FEDERATION} extend schema @link(url: "https://example.com/marks/v1.0", import: ["@mark"])
@composeDirective(name: "@mark")"""
CASES: dict[str, tuple[dict[str, str], str]] = {
    "INCONSISTENT_BUT_COMPATIBLE_FIELD_TYPE": (
        {"a": "type Query { n: Int! @shareable }", "b": "type Query { n: Int @shareable }"},
        '"Query.n"',
    ),
    "INCONSISTENT_BUT_COMPATIBLE_ARGUMENT_TYPE": (
        {"a": "type Query { n(x: Int!): Int @shareable }", "b": "type Query { n(x: Int): Int @shareable }"},
        "Query.n(x:)",
    ),
    "INCONSISTENT_DEFAULT_VALUE_PRESENCE": (
        {"a": "type Query { n(x: Int = 1): Int @shareable }", "b": "type Query { n(x: Int): Int @shareable }"},
        'none in subgraph "b"',
    ),
    "INCONSISTENT_ENTITY": (
        {
            "a": 'type Query { t: T } type T @key(fields: "id") { id: ID! @shareable }',
            "b": "type T { id: ID! @shareable }",
        },
        'not in subgraph "b"',
    ),
    "INCONSISTENT_OBJECT_VALUE_TYPE_FIELD": (
        {
            "a": "type Query { t: T @shareable } type T @shareable { n: Int m: Int }",
            "b": "type T @shareable { n: Int }",
        },
        '"T.m"',
    ),
    "INCONSISTENT_INTERFACE_VALUE_TYPE_FIELD": (
        {
            "a": "type Query { t: I } interface I { n: Int m: Int } type T implements I @shareable { n: Int m: Int }",
            "b": "interface I { n: Int } type T implements I @shareable { n: Int m: Int }",
        },
        '"I.m"',
    ),
    "INCONSISTENT_INPUT_OBJECT_FIELD": (
        {
            "a": "type Query { a(i: I): Int } input I { n: Int m: Int }",
            "b": "type Query { b(i: I): Int } input I { n: Int }",
        },
        '"I.m"',
    ),
    "INCONSISTENT_ARGUMENT_PRESENCE": (
        {"a": "type Query { n(x: Int): Int @shareable }", "b": "type Query { n: Int @shareable }"},
        "Query.n(x:)",
    ),
    "INCONSISTENT_UNION_MEMBER": (
        {
            "a": "type Query { u: U } union U = T | V type T @shareable { n: Int } type V { m: Int }",
            "b": "union U = T type T @shareable { n: Int }",
        },
        '"V"',
    ),
    "INCONSISTENT_ENUM_VALUE_FOR_INPUT_ENUM": (
        {"a": "type Query { a(e: E): Int } enum E { X Y }", "b": "type Query { b(e: E): Int } enum E { X }"},
        '"E.Y"',
    ),
    "INCONSISTENT_ENUM_VALUE_FOR_OUTPUT_ENUM": (
        {"a": "type Query { a: E } enum E { X Y }", "b": "type Query { b: E } enum E { X }"},
        '"E.Y"',
    ),
    "UNUSED_ENUM_TYPE": ({"a": f"{ONE} enum E {{ X }}"}, '"E"'),
    "INCONSISTENT_TYPE_SYSTEM_DIRECTIVE_REPEATABLE": (
        {
            "a": f"{MARK} directive @mark repeatable on OBJECT type Query @mark @mark {{ one: Int }}",
            "b": f"{MARK} directive @mark on OBJECT type Query @mark {{ two: Int }}",
        },
        'repeatable in subgraph "a" but not in subgraph "b"',
    ),
    "INCONSISTENT_TYPE_SYSTEM_DIRECTIVE_LOCATIONS": (
        {
            "a": f"{MARK} directive @mark on OBJECT type Query @mark {{ one: Int }}",
            "b": f"{MARK} directive @mark on FIELD_DEFINITION type Query {{ two: Int @mark }}",
        },
        'OBJECT in subgraph "a", FIELD_DEFINITION in subgraph "b"',
    ),
    "INCONSISTENT_EXECUTABLE_DIRECTIVE_PRESENCE": (
        {"a": f"directive @d on FIELD {ONE}", "b": "type Query { two: Int }"},
        '"@d"',
    ),
    "NO_EXECUTABLE_DIRECTIVE_INTERSECTION": (
        {"a": f"directive @d on FIELD {ONE}", "b": "directive @d on QUERY type Query { two: Int }"},
        '"@d"',
    ),
    "INCONSISTENT_EXECUTABLE_DIRECTIVE_REPEATABLE": (
        {"a": f"directive @d on FIELD {ONE}", "b": "directive @d repeatable on FIELD type Query { two: Int }"},
        '"@d"',
    ),
    "INCONSISTENT_EXECUTABLE_DIRECTIVE_LOCATIONS": (
        {"a": f"directive @d on FIELD | QUERY {ONE}", "b": "directive @d on FIELD type Query { two: Int }"},
        '"@d"',
    ),
    "INCONSISTENT_DESCRIPTION": (
        {"a": f'{ONE} "x" scalar S extend type Query {{ s: S }}', "b": '"y" scalar S type Query { t: S }'},
        '"S"',
    ),
    "FROM_SUBGRAPH_DOES_NOT_EXIST": (
        {"books": 'type Query { n: Int @override(from: "boks") }'},
        'Did you mean "books"?',
    ),
    "OVERRIDDEN_FIELD_CAN_BE_REMOVED": (
        {"a": 'type Query { n: Int @override(from: "b") }', "b": "type Query { n: Int m: Int }"},
        'subgraph "b"',
    ),
    "OVERRIDE_DIRECTIVE_CAN_BE_REMOVED": (
        {"a": 'type Query { n: Int @override(from: "b") }', "b": "type Query { m: Int }"},
        '"Query.n"',
    ),
    "OVERRIDE_MIGRATION_IN_PROGRESS": (
        {"a": 'type Query { n: Int @override(from: "b", label: "x") }', "b": "type Query { n: Int }"},
        '"x"',
    ),
    "INCONSISTENT_NON_REPEATABLE_DIRECTIVE_ARGUMENTS": (
        {
            "a": 'type Query { n: Int @shareable @deprecated(reason: "x") }',
            "b": 'type Query { n: Int @shareable @deprecated(reason: "y") }',
        },
        "@deprecated",
    ),
    "MERGED_NON_REPEATABLE_DIRECTIVE_ARGUMENTS": (
        {
            "a": "type Query { n: Int @shareable @cost(weight: 1) }",
            "b": "type Query { n: Int @shareable @cost(weight: 2) }",
        },
        "@cost",
    ),
    "INCONSISTENT_RUNTIME_TYPES_FOR_SHAREABLE_RETURN": (
        {
            "a": "type Query { u: U @shareable } union U = T | V type T @shareable { n: Int } type V { m: Int }",
            "b": "type Query { u: U @shareable } union U = T type T @shareable { n: Int }",
        },
        '"Query.u"',
    ),
    "CONTEXTUAL_ARGUMENT_NOT_CONTEXTUAL_IN_ALL_SUBGRAPHS": (
        {
            "a": 'type Query { p: P } type P @context(name: "c") { v: String t: T }'
            ' type T @key(fields: "id") { id: ID! f(x: String @fromContext(field: "$c { v }")): Int @shareable }',
            "b": 'type T @key(fields: "id") { id: ID! f(x: String): Int @shareable }',
        },
        "T.f(x:)",
    ),
    "IMPLICITLY_UPGRADED_FEDERATION_VERSION": (
        {
            "a": 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9")'
            ' @link(url: "https://specs.apollo.dev/connect/v0.2", import: ["@connect"])'
            ' type Query { n: Int @connect(http: {GET: "https://n"}, selection: "$") }'
        },
        "v2.11",
    ),
    "DIRECTIVE_COMPOSITION_WARN": (
        {
            "a": f"""extend schema @link(url: "https://example.com/marks/v1.0", import: ["@mark"])
            @composeDirective(name: "@mark") {FEDERATION} directive @mark on FIELD_DEFINITION {ONE}""",
            "b": f"""{FEDERATION} extend schema
            @link(url: "https://example.com/marks/v1.0", import: [{{name: "@mark", as: "@stamp"}}])
            directive @stamp on FIELD_DEFINITION type Query {{ two: Int @stamp }}""",
        },
        '"@stamp" in subgraph "b"',
    ),
    "DIRECTIVE_COMPOSITION_INFO": (
        {"a": f'extend schema @composeDirective(name: "@tag") {ONE}'},
        '"@tag"',
    ),
}


@pytest.mark.parametrize("code", CASES)
def test_hint(code: str) -> None:
    subgraphs, phrase = CASES[code]
    assert phrase in hinted(code, **subgraphs)


@pytest.mark.parametrize(
    ("subgraphs", "phrase"),
    [
        (
            {
                "a": f"{MARK} directive @mark on OBJECT type Query @mark {{ one: Int }}",
                "b": f"{MARK} directive @mark repeatable on OBJECT | UNION type Query @mark @mark {{ two: Int }}",
            },
            "",
        ),
        (
            {
                "a": "input O @oneOf { x: Int y: Int } type Query { one(o: O): Int }",
                "b": "input O @oneOf { x: Int y: Int } type Query { two(o: O): Int }",
            },
            "",
        ),
        (
            {
                "a": "input O @oneOf { x: Int y: Int } type Query { one(o: O): Int }",
                "b": "input O { x: Int y: Int } type Query { two(o: O): Int }",
            },
            '@oneOf of "O" is not in the supergraph: it is in subgraph "a" but not in subgraph "b".',
        ),
    ],
)
def test_a_directive_is_not_lost_without_a_word(subgraphs: dict[str, str], phrase: str) -> None:
    result = composed(**subgraphs)
    assert [hint.message for hint in result.hints if "DIRECTIVE" in hint.code] == ([phrase] if phrase else [])


def test_every_hint_is_shown() -> None:
    assert CASES.keys() == HINT_CODES.keys()


def test_levels() -> None:
    assert {hint.level for hint in HINT_CODES.values()} == {"WARN", "INFO", "DEBUG"}
