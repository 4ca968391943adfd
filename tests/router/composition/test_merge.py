"""How versions of one element become one, and how the supergraph says who has it."""

from __future__ import annotations

import pytest
from graphql import parse_const_value

from router.composition.schema.value import print_value, read_value
from tests.router.composition.harness import FEDERATION, definition, rejected, supergraph


def test_a_field_of_every_subgraph_needs_no_join() -> None:
    sdl = supergraph(
        books='type Query { book: Book } type Book @key(fields: "id") { id: ID! title: String @shareable }',
        music='type Book @key(fields: "id") { id: ID! title: String @shareable price: Int }',
    )
    assert definition(sdl, "Book") == (
        'type Book\n  @join__type(graph: BOOKS, key: "id")\n  @join__type(graph: MUSIC, key: "id")\n{\n'
        "  id: ID!\n  title: String\n  price: Int @join__field(graph: MUSIC)\n}"
    )


def test_output_types_widen_and_input_types_narrow() -> None:
    sdl = supergraph(
        books="type Query { a(n: Int): Item @shareable } interface Item { id: ID! }"
        " type Book implements Item { id: ID! @shareable }",
        music="type Query { a(n: Int!): Book @shareable } type Book { id: ID! @shareable }",
    )
    assert (
        'a(n: Int!): Item @join__field(graph: BOOKS, type: "Item") @join__field(graph: MUSIC, type: "Book")'
        in definition(sdl, "Query")
    )


def test_input_fields_intersect_and_keep_only_common_defaults() -> None:
    sdl = supergraph(
        books="type Query { a(by: By): Int } input By { n: Int = 1 m: Int = 2 only: Int }",
        music="type Query { b(by: By): Int } input By { n: Int = 1 m: Int }",
    )
    by = definition(sdl, "By")
    assert "n: Int = 1\n" in by
    assert "m: Int\n" in by
    assert "only" not in by


EQUAL_DEFAULTS = [
    ("Float", "1", "1.0"),
    ("Float!", "100", "1e2"),
    ("[Int]", "1", "[1]"),
    ("[[Float!]!]", "1.0", "[[1]]"),
    ("ID", "5", '"5"'),
    ("[ID]", "[5, null]", '["5", null]'),
    ("N", "{f: 1, ids: 7}", '{ids: ["7"], f: 1.0}'),
    ("[N!]", "{f: 1}", "[{f: 1.0}]"),
    ("String", '"a\\nb"', '"""a\nb"""'),
]
DIFFERENT_DEFAULTS = [
    ("Float", "1", "1.5"),
    ("[Int]", "null", "[null]"),
    ("[Int]", "1", "[1, 1]"),
    ("ID", "5", '"05"'),
    ("N", "{f: 1}", "{}"),
    ("Any", "1", "1.0"),
    ("Any", "5", '"5"'),
]
DEFAULTS = "input N { f: Float = 1 ids: [ID] } scalar Any input I { d: %s = %s }"


@pytest.mark.parametrize(("type_", "one", "other"), EQUAL_DEFAULTS)
def test_equal_defaults_may_be_written_differently(type_: str, one: str, other: str) -> None:
    sdl = supergraph(
        books=f"type Query {{ q(a: {type_} = {one}, i: I): Int @shareable }} {DEFAULTS % (type_, one)}",
        music=f"type Query {{ q(a: {type_} = {other}, i: I): Int @shareable }} {DEFAULTS % (type_, other)}",
    )
    written = print_value(read_value(parse_const_value(one)))
    assert f"d: {type_} = {written}\n" in definition(sdl, "I")
    assert f"q(a: {type_} = {written}, i: I): Int\n" in definition(sdl, "Query")


@pytest.mark.parametrize(("type_", "one", "other"), EQUAL_DEFAULTS)
def test_an_external_copy_may_write_a_default_differently(type_: str, one: str, other: str) -> None:
    field = f"f(a: {type_} = %s): Int"
    supergraph(
        books=f'type Query {{ t: T }} type T @key(fields: "id") {{ id: ID! {field % one} }} {DEFAULTS % (type_, one)}',
        music=f'type T @key(fields: "id") {{ id: ID! {field % other} @external g: Int @requires(fields: "f") }}'
        f" {DEFAULTS % (type_, other)} extend type Query {{ j(i: I): Int }}",
    )


@pytest.mark.parametrize(("type_", "one", "other"), DIFFERENT_DEFAULTS)
def test_different_defaults_are_told_apart(type_: str, one: str, other: str) -> None:
    rejected(
        "INPUT_FIELD_DEFAULT_MISMATCH",
        books=f"type Query {{ q(i: I): Int @shareable }} {DEFAULTS % (type_, one)}",
        music=f"type Query {{ q(i: I): Int @shareable }} {DEFAULTS % (type_, other)}",
    )


def test_enums_unite_for_output_and_intersect_for_input() -> None:
    sdl = supergraph(
        books="type Query { a(by: By): Genre } enum By { TITLE YEAR } enum Genre { PROSE }",
        music="type Query { b(by: By): Genre } enum By { TITLE } enum Genre { SONG }",
    )
    assert "YEAR" not in definition(sdl, "By")
    assert "PROSE" in definition(sdl, "Genre")
    assert "SONG" in definition(sdl, "Genre")


def test_unions_unite() -> None:
    sdl = supergraph(
        books="type Query { a: Item } union Item = Book type Book { id: ID }",
        music="type Query { b: Item } union Item = Song type Song { id: ID }",
    )
    assert definition(sdl, "Item").endswith("= Book | Song")


def test_override_moves_a_field() -> None:
    sdl = supergraph(
        books='type Query { b: Book } type Book @key(fields: "id") { id: ID! title: String @override(from: "music") }',
        music='type Book @key(fields: "id") { id: ID! title: String }',
    )
    assert 'title: String @join__field(graph: BOOKS, override: "music")\n' in definition(sdl, "Book")


def test_an_override_of_a_subgraph_that_does_not_exist_writes_nothing() -> None:
    sdl = supergraph(
        books='type Query { b: Book } type Book @key(fields: "id") { id: ID! title: String @override(from: "ghost") }',
        music='type Book @key(fields: "id") { id: ID! }',
    )
    assert "title: String @join__field(graph: BOOKS)\n" in definition(sdl, "Book")


def test_a_labelled_override_keeps_both_sides() -> None:
    sdl = supergraph(
        books='type Query { b: Book } type Book @key(fields: "id") { id: ID!'
        ' title: String @override(from: "music", label: "percent(10)") }',
        music='type Book @key(fields: "id") { id: ID! title: String }',
    )
    book = definition(sdl, "Book")
    assert '@join__field(graph: BOOKS, override: "music", overrideLabel: "percent(10)")' in book
    assert '@join__field(graph: MUSIC, overrideLabel: "percent(10)")' in book


def test_an_overridden_field_that_is_still_used_is_marked() -> None:
    sdl = supergraph(
        books='type Query { b: Book } type Book @key(fields: "id") { id: ID! sku: ID! @override(from: "music") }',
        music='type Book @key(fields: "id") @key(fields: "sku") { id: ID! sku: ID! price: Int }',
    )
    assert "@join__field(graph: MUSIC, usedOverridden: true)" in definition(sdl, "Book")


def test_interface_objects_give_their_fields_to_implementations() -> None:
    sdl = supergraph(
        books='type Query { i: Item } interface Item @key(fields: "id") { id: ID! }'
        ' type Book implements Item @key(fields: "id") { id: ID! }',
        prices='type Item @interfaceObject @key(fields: "id") { id: ID! price: Int }',
    )
    assert "price: Int @join__field\n" in definition(sdl, "Book")
    assert '@join__type(graph: PRICES, key: "id", isInterfaceObject: true)' in definition(sdl, "Item")


def test_requirements_of_scopes_multiply() -> None:
    sdl = supergraph(
        books='type Query { a: Int @shareable @requiresScopes(scopes: [["a"]]) }',
        music='type Query { a: Int @shareable @requiresScopes(scopes: [["b"], ["a", "c"]]) }',
    )
    assert '@requiresScopes(scopes: [["a", "b"], ["a", "c"]])' in definition(sdl, "Query")


def test_an_interface_demands_what_its_implementations_demand() -> None:
    sdl = supergraph(
        books="type Query { i: Item } interface Item { id: ID! } type Book implements Item { id: ID! @authenticated }"
    )
    assert "id: ID! @authenticated" in definition(sdl, "Item")


def test_costs_take_the_largest_and_list_sizes_unite() -> None:
    sdl = supergraph(
        books="type Query { a(first: Int, last: Int): [Int] @shareable @cost(weight: 2)"
        ' @listSize(slicingArguments: ["first"], assumedSize: 5) }',
        music="type Query { a(first: Int, last: Int): [Int] @shareable @cost(weight: 7)"
        ' @listSize(slicingArguments: ["last"], assumedSize: 9, requireOneSlicingArgument: false) }',
    )
    query = definition(sdl, "Query")
    assert "@cost(weight: 7)" in query
    assert '@listSize(assumedSize: 9, slicingArguments: ["first", "last"], requireOneSlicingArgument: false)' in query


def test_contexts_are_named_by_their_subgraph() -> None:
    sdl = supergraph(
        books='type Query { s: Shop } type Shop @key(fields: "id") @context(name: "shop") { id: ID! money: String'
        ' book: Book } type Book @key(fields: "id") { id: ID!'
        ' price(in: String @fromContext(field: "$shop { money }")): Int }'
    )
    assert '@context(name: "books__shop")' in definition(sdl, "Shop")
    assert (
        "price: Int @join__field(graph: BOOKS, contextArguments: "
        '[{context: "books__shop", name: "in", type: "String", selection: "{ money }"}])'
    ) in definition(sdl, "Book")


def test_composed_directives_are_linked_and_defined() -> None:
    sdl = supergraph(
        books="""
        extend schema
          @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@composeDirective"])
          @link(url: "https://example.com/audit/v1.2", import: [{name: "@audit", as: "@watch"}])
          @composeDirective(name: "@watch")
        directive @watch(level: Int) on FIELD_DEFINITION
        type Query { a: Int @watch(level: 3) }
        """
    )
    assert '@link(url: "https://example.com/audit/v1.2", import: [{name: "@audit", as: "@watch"}])' in sdl
    assert "directive @watch(level: Int) on FIELD_DEFINITION" in sdl
    assert "a: Int @watch(level: 3)" in sdl


def test_a_newer_definition_may_take_more_arguments() -> None:
    head = """
    extend schema
      @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@composeDirective"])
      @link(url: "https://example.com/audit/v1.%s", import: ["@audit"])
      @composeDirective(name: "@audit")
    """
    sdl = supergraph(
        books=head % 1 + "directive @audit(level: Int, by: [By] = A) on OBJECT enum By { A B }"
        ' type Query @audit(level: 1, by: "B") { a: Int }',
        music=head % 0 + "directive @audit(level: Int) on FIELD_DEFINITION type Query { b: Int @audit(level: 2) }",
    )
    assert "directive @audit(level: Int, by: [By] = A) on OBJECT | FIELD_DEFINITION" in sdl
    assert "@audit(level: 1, by: B)" in sdl
    assert "@audit(level: 2)" in sdl


def test_executable_directives_intersect() -> None:
    sdl = supergraph(
        books="directive @slow(ms: Int) on FIELD | QUERY type Query { a: Int }",
        music="directive @slow(ms: Int) on FIELD directive @fast on FIELD type Query { b: Int }",
    )
    assert "directive @slow(ms: Int) on FIELD\n" in sdl
    assert "@fast" not in sdl


def test_renamed_and_prefixed_imports_mean_the_same() -> None:
    sdl = supergraph(
        books="""
        extend schema @link(
          url: "https://specs.apollo.dev/federation/v2.9", as: "fed", import: [{name: "@key", as: "@id"}])
        type Query { book: Book }
        type Book @id(fields: "id") { id: ID! title: String @fed__shareable }
        """,
        music=f'{FEDERATION}\ntype Book @key(fields: "id") {{ id: ID! title: String @shareable }}',
    )
    assert '@join__type(graph: BOOKS, key: "id")' in sdl


def test_cache_tags_stay_with_their_subgraph() -> None:
    sdl = supergraph(
        books='extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@cacheTag"])\n'
        'type Query { a: Int @cacheTag(format: "a") }'
    )
    assert '@join__directive(graphs: [BOOKS], name: "federation__cacheTag", args: {format: "a"})' in sdl
    assert '@link(url: "https://specs.apollo.dev/cacheTag/v0.1", for: EXECUTION)' in sdl


def test_descriptions_survive_as_written() -> None:
    sdl = supergraph(books='"""Root "of" all"""\ntype Query {\n  "one\\nline"\n  a("how" n: Int): Int\n}')
    assert '"""Root "of" all"""\ntype Query' in sdl
    assert '  """\n  one\n  line\n  """\n  a(\n    """how"""\n    n: Int\n  ): Int' in sdl


def test_one_of_comes_with_its_definition_for_routers_that_do_not_know_it() -> None:
    by = "input By @oneOf { id: ID sku: ID }"
    sdl = supergraph(
        books=f"type Query {{ book(by: By): Int @shareable }} {by}",
        music=f"type Query {{ book(by: By): Int @shareable }} {by}",
    )
    assert "directive @oneOf on INPUT_OBJECT\n" in sdl
    assert definition(sdl, "By").startswith("input By @oneOf\n") or "@oneOf" in definition(sdl, "By")
    assert "@oneOf" not in supergraph(books="type Query { book(by: By): Int } input By { id: ID }")
