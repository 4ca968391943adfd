"""Schemas without a federation link are upgraded before they are merged (Federation docs, "Backward compatibility")."""

from __future__ import annotations

from tests.router.composition.harness import FEDERATION, definition, supergraph


def test_value_types_are_shared_silently() -> None:
    sdl = supergraph(
        federation=False,
        books="type Query { a: Money } type Money { amount: Int }",
        music="type Query { b: Money } type Money { amount: Int }",
    )
    assert "amount: Int\n" in definition(sdl, "Money")


def test_external_key_fields_of_extensions_are_not_external() -> None:
    sdl = supergraph(
        federation=False,
        books='type Query { b: Book } type Book @key(fields: "id") { id: ID! title: String }',
        prices='extend type Book @key(fields: "id") { id: ID! @external price: Int }',
    )
    assert "id: ID!\n" in definition(sdl, "Book")


def test_unused_externals_are_dropped() -> None:
    sdl = supergraph(
        federation=False,
        books='type Query { b: Book } type Book @key(fields: "id") { id: ID! title: String }',
        prices='extend type Book @key(fields: "id") { id: ID! @external title: String @external price: Int }',
    )
    assert "title: String @join__field(graph: BOOKS)\n" in definition(sdl, "Book")


def test_requires_keep_only_what_is_external() -> None:
    sdl = supergraph(
        federation=False,
        books='type Query { b: Book } type Book @key(fields: "id") { id: ID! weight: Int }',
        prices='extend type Book @key(fields: "id") { id: ID! @external weight: Int @external fee: Int'
        ' postage: Int @requires(fields: "weight fee") }',
    )
    assert '@join__field(graph: PRICES, requires: "weight")' in definition(sdl, "Book")


def test_field_sets_may_be_lists() -> None:
    sdl = supergraph(
        federation=False,
        books="directive @key(fields: [String!]!) repeatable on OBJECT\n"
        'type Query { b: Book } type Book @key(fields: ["id", "lang"]) { id: ID! lang: String }',
    )
    assert 'key: "id lang"' in definition(sdl, "Book")


def test_keys_of_interfaces_go() -> None:
    sdl = supergraph(
        federation=False,
        books='type Query { i: Item } interface Item @key(fields: "id") { id: ID! }'
        ' type Book implements Item @key(fields: "id") { id: ID! }',
    )
    assert definition(sdl, "Item").startswith("interface Item\n  @join__type(graph: BOOKS)\n")


def test_a_federation_2_neighbour_changes_nothing() -> None:
    sdl = supergraph(
        federation=False,
        books="type Query { a: Money } type Money { amount: Int }",
        music=f"{FEDERATION}\ntype Query {{ b: Money }} type Money @shareable {{ amount: Int }}",
    )
    assert "amount: Int\n" in definition(sdl, "Money")
