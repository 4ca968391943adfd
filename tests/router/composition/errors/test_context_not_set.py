"""CONTEXT_NOT_SET. Some type sets the context that @fromContext names."""

from __future__ import annotations

from tests.router.composition.harness import rejected


def test_nobody_sets_it() -> None:
    error = rejected(
        "CONTEXT_NOT_SET",
        books="""
        type Query { shop: Shop }
        type Shop @key(fields: "id") @context(name: "shop") {
          id: ID!
          currency: String
          book: Book
        }
        type Book @key(fields: "id") {
          id: ID!
          price(currency: String @fromContext(field: "$store { currency }")): Int
        }
        """,
    )
    assert '"store"' in error.message


SHOP = """
type Query { shop: Shop }
type Shop @key(fields: "id") @context(name: "shop") { id: ID! currency: String! book: Book }
"""


def test_a_directive_has_no_context() -> None:
    error = rejected(
        "CONTEXT_NOT_SET",
        books=f"""{SHOP}
        directive @in(currency: String @fromContext(field: "$shop {{ currency }}")) on FIELD
        type Book @key(fields: "id") {{ id: ID! price: Int }}
        """,
    )
    assert error.coordinates == ("@in(currency:)",)


def test_nor_has_the_field_of_an_interface() -> None:
    error = rejected(
        "CONTEXT_NOT_SET",
        books=f"""{SHOP}
        interface Priced {{ price(currency: String @fromContext(field: "$shop {{ currency }}")): Int }}
        type Book implements Priced @key(fields: "id") {{ id: ID! price(currency: String): Int }}
        """,
    )
    assert error.coordinates == ("Priced.price(currency:)",)


def test_nor_a_field_that_implements_one() -> None:
    error = rejected(
        "CONTEXT_NOT_SET",
        books=f"""{SHOP}
        interface Priced {{ price: Int }}
        type Book implements Priced @key(fields: "id") {{
          id: ID!
          price(currency: String @fromContext(field: "$shop {{ currency }}")): Int
        }}
        """,
    )
    assert '"Priced.price"' in error.message


def test_a_default_would_never_be_used() -> None:
    error = rejected(
        "CONTEXT_NOT_SET",
        books=f"""{SHOP}
        type Book @key(fields: "id") {{
          id: ID!
          price(currency: String = "EUR" @fromContext(field: "$shop {{ currency }}")): Int
        }}
        """,
    )
    assert "remove the default" in error.message
