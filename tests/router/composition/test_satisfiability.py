"""What can and what cannot be planned, beyond the error's own test."""

from __future__ import annotations

from tests.router.composition.harness import composed, rejected, supergraph


def test_a_chain_of_keys_is_followed() -> None:
    supergraph(
        a='type Query { b: Book } type Book @key(fields: "id") { id: ID! }',
        b='type Book @key(fields: "id") @key(fields: "sku") { id: ID! sku: ID! }',
        c='type Book @key(fields: "sku") { sku: ID! price: Int }',
    )


def test_provided_fields_need_no_key() -> None:
    supergraph(
        a='type Query { b: Book @provides(fields: "title") } type Book @key(fields: "id", resolvable: false)'
        " { id: ID! title: String @external }",
        b='type Book @key(fields: "id") { id: ID! title: String @shareable }',
    )


def test_required_fields_must_be_reachable() -> None:
    error = rejected(
        "SATISFIABILITY_ERROR",
        a='type Query { b: Book } type Book @key(fields: "id") { id: ID! weight: Int @external'
        ' postage: Int @requires(fields: "weight") }',
        b="type Book { weight: Int } type Query { c: Book }",
    )
    assert 'requires conditions "weight"' in error.message or "Book." in error.message


def test_a_key_is_never_read_from_the_subgraph_it_leads_to() -> None:
    rejected(
        "SATISFIABILITY_ERROR",
        a='type Query { l: Shelf } type Shelf @key(fields: "books { id }") { books: [Book] }'
        ' type Book @key(fields: "id") { id: ID! }',
        b='type Shelf @key(fields: "books { id isbn }") { books: [Book] room: Int }'
        ' type Book @key(fields: "id") { id: ID! isbn: ID }',
    )


def test_the_query_root_is_at_home_everywhere() -> None:
    supergraph(
        a="type Query { a: Int } type Mutation { change: Changed } type Changed { query: Query }",
        b="type Query { b: Int }",
    )


def test_every_label_combination_is_tried() -> None:
    """With the label on, the field's other fields must still be reachable from its new home."""
    rejected(
        "SATISFIABILITY_ERROR",
        a='type Query { n: T @override(from: "b", label: "moved") } type T { x: Int @shareable }',
        b="type Query { n: T } type T { x: Int @shareable y: Int }",
    )


def test_the_shortest_query_is_shown() -> None:
    result = composed(
        a="type Query { deep: Shelf book: Book } type Shelf { book: Book } type Book { title: String }",
        b="type Book { price: Int } type Query { c: Book }",
    )
    message = next(error.message for error in result.errors if error.coordinates == ("Book.price",))
    assert "{\n  book {\n    price\n  }\n}" in message


def test_hidden_elements_need_no_plan() -> None:
    supergraph(
        a="type Query { b: Book } type Book { title: String }",
        b="type Book { price: Int @inaccessible } type Query { c: Book @inaccessible }",
    )


CONTEXTUAL = """
    type Shop @context(name: "shop") { currency: String product: Product }
    type Product @key(fields: "id") {
      id: ID!
      price(in: String @fromContext(field: "$shop { currency }")): String
      related: Product
    }
"""


def test_a_context_is_set_by_any_object_above() -> None:
    supergraph(a="type Query { shop: Shop }" + CONTEXTUAL)


def test_a_context_that_no_object_above_sets() -> None:
    error = rejected("SATISFIABILITY_ERROR", a="type Query { shop: Shop related: Product }" + CONTEXTUAL)
    assert error.coordinates == ("Product.price",)
    assert "{\n  related {\n    price\n  }\n}" in error.message
    assert (
        'cannot fill argument "in" of field "Product.price" in subgraph "a": @fromContext requires context "a__shop",'
        " which no type on the way sets with a value that can be resolved there." in error.message
    )


def test_a_context_whose_value_cannot_be_resolved_where_it_is_set() -> None:
    error = rejected(
        "SATISFIABILITY_ERROR",
        a='type Query { shop: Shop } type Shop @context(name: "shop") { currency: String @external product: Product }'
        + CONTEXTUAL[CONTEXTUAL.index("type Product") :],
        b="type Query { number: Int } type Shop { currency: String @inaccessible }",
    )
    assert error.coordinates == ("Product.price",)
