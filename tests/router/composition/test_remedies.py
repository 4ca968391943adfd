"""A message says what to change."""

from __future__ import annotations

import pytest

from tests.router.composition.harness import FEDERATION, rejected

HEAD = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.%d", import: [%s])'
CASES = [
    ("LIST_SIZE_INVALID_ASSUMED_SIZE", "type Query { a: [Int] @listSize(assumedSize: -1) }", "use zero or more"),
    (
        "LIST_SIZE_INVALID_SLICING_ARGUMENT",
        'type Query { a(n: String): [Int] @listSize(slicingArguments: ["n"]) }',
        "name an argument that is Int or Int!",
    ),
    (
        "LIST_SIZE_INVALID_SLICING_ARGUMENT",
        'type Query { a: [Int] @listSize(slicingArguments: ["n"]) }',
        "name one that is Int or Int!",
    ),
    (
        "LIST_SIZE_INVALID_SIZED_FIELD",
        'type Query { a: P @listSize(sizedFields: ["n"]) } type P { l: [Int] }',
        "name its lists",
    ),
    (
        "LIST_SIZE_INVALID_SIZED_FIELD",
        'type Query { a: [Int] @listSize(sizedFields: ["n"]) }',
        "so remove them",
    ),
    (
        "KEY_FIELDS_HAS_ARGS",
        'type Query { t: T } type T @key(fields: "f") { f(a: Int): Int }',
        "select a field that takes none",
    ),
    (
        "INTERFACE_KEY_NOT_ON_IMPLEMENTATION",
        'type Query { t: I } interface I @key(fields: "id") { id: ID! } type T implements I { id: ID! }',
        "add it there",
    ),
    (
        "CONTEXT_NOT_SET",
        'type Query { t: T } type T @key(fields: "id") { id: ID! f(a: Int @fromContext(field: "$c { n }")): Int }',
        'apply @context(name: "c")',
    ),
    ("INVALID_LINK_DIRECTIVE_USAGE", HEAD % (3, '"@cost"') + "type Query { a: Int }", "from v2.9 on: link that."),
    ("INVALID_LINK_DIRECTIVE_USAGE", HEAD % (3, '"@shareabel"') + "type Query { a: Int }", 'mean "@shareable"?'),
    ("INVALID_LINK_DIRECTIVE_USAGE", HEAD % (3, '"Zebra"') + "type Query { a: Int }", "Remove it from import."),
    ("INVALID_GRAPHQL", HEAD % (9, "") + "type Query { a: Int @cost(weight: 1) }", "from federation v2.9 or later"),
    ("INVALID_GRAPHQL", HEAD % (9, "") + "type Query {\n a: Int", "at line 2, column 8: correct the schema there"),
    ("INVALID_GRAPHQL", 'directive @d(a: Int = "x") on FIELD type Query { a: Int }', "of @d(a:): it is no Int"),
]


@pytest.mark.parametrize(("code", "sdl", "remedy"), CASES)
def test_message(code: str, sdl: str, remedy: str) -> None:
    linked = sdl if "@link(" in sdl else f"{FEDERATION}\n{sdl}"
    assert remedy in rejected(code, books=linked).message
