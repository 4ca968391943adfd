"""``compose --explain``: who resolves which field, and why."""

from __future__ import annotations

import json

import pytest

from router.composition import (
    NothingToExplainError,
    SubgraphSource,
    TypeExplanation,
    explain,
    explanation_to_json,
    print_explanation,
)
from router.supergraph import Supergraph
from tests.router.composition.harness import FEDERATION, supergraph

CATALOG = """
type Query { top: Product @provides(fields: "stars") media: [Media] }
interface Media @key(fields: "id") { id: ID! title: String }
type Book implements Media @key(fields: "id") { id: ID! title: String }
type Product @key(fields: "id") @key(fields: "sku") {
  id: ID!
  sku: ID!
  name: String @shareable
  weight: Int
  secret: Int @inaccessible
  stars: Int @external
  stock: Int @override(from: "shipping", label: "percent(5)")
  colour: String @override(from: "shipping")
  parcel: Int @override(from: "shipping")
}
union Thing = Book | Product
"""
SHIPPING = """
type Product @key(fields: "id") {
  id: ID!
  weight: Int @external
  parcel: Int
  postage: Int @requires(fields: "weight")
  stock: Int
  colour: String
  name: String! @shareable
  insurance: Int @requires(fields: "weight")
}
type Box { id: ID! depth: Int }
type Mutation { pack: Box }
"""
REVIEWS = """
type Product @key(fields: "id", resolvable: false) { id: ID! stars: Int @shareable }
type Media @interfaceObject @key(fields: "id") { id: ID! comments(first: Int): [String] }
type Query { reviewed: [Product] }
"""
ORDERING = """
enum Sent { A B C @inaccessible }
enum Returned { A B }
enum Idle { A B }
input Paging { first: Int! after: String }
type Query { page(by: Paging, sent: [Sent!]): Returned thing: Thing }
union Thing = Parcel
type Parcel { id: ID! }
"""
PACKING = """
enum Sent { A }
enum Returned { A }
enum Idle { A }
input Paging { first: Int }
type Query { pack(by: Paging, sent: Sent): Returned }
"""
SDLS = {"catalog": CATALOG, "shipping": SHIPPING, "reviews": REVIEWS, "ordering": ORDERING, "packing": PACKING}
SOURCES = [SubgraphSource(name, "", f"{FEDERATION}\n{sdl}") for name, sdl in SDLS.items()]


@pytest.fixture(scope="module")
def composed() -> Supergraph:
    return Supergraph.from_sdl(supergraph(**SDLS))


@pytest.mark.parametrize(
    ("field", "lines"),
    [
        ("Product.sku", ["catalog  resolves: the only one that has it; entered by { id } or { sku }"]),
        (
            "Product.name",
            [
                "catalog   resolves: shared with shipping; entered by { id } or { sku }",
                "shipping  resolves: shared with catalog; as String!; entered by { id }",
            ],
        ),
        (
            "Product.weight",
            [
                "catalog   resolves: the only one that has it; entered by { id } or { sku }",
                "shipping  external: declared for @requires of Product.postage and @requires of Product.insurance",
            ],
        ),
        (
            "Product.postage",
            [
                "shipping  resolves: the only one that has it; after fetching { weight } elsewhere by @requires;"
                " entered by { id }"
            ],
        ),
        (
            "Product.stars",
            [
                "catalog  external: declared for @provides of Query.top",
                "reviews  resolves: the only one that has it;"
                " without a key to enter by: only for objects that reviews itself returned",
            ],
        ),
        (
            "Product.stock",
            [
                'catalog   resolves: it overrides shipping while label "percent(5)" is on;'
                " entered by { id } or { sku }",
                'shipping  resolves: until label "percent(5)" is on; entered by { id }',
            ],
        ),
        (
            "Product.colour",
            [
                "catalog   resolves: it overrides shipping; entered by { id } or { sku }",
                "shipping  overridden: catalog resolves it by @override",
            ],
        ),
        ("Query.top", ["catalog  resolves: the only one that has it; together with { stars } below it by @provides"]),
        ("Media.title", ["catalog  declares: its implementations resolve it"]),
        (
            "Book.comments",
            ["reviews  resolves: for every Media, which is an @interfaceObject there; entered by { id }"],
        ),
        (
            "Media.comments",
            [
                "reviews  resolves: the only one that has it; as an @interfaceObject, for every implementation;"
                " entered by { id }"
            ],
        ),
    ],
)
def test_one_field(composed: Supergraph, field: str, lines: list[str]) -> None:
    text = print_explanation(explain(composed, SOURCES, field))
    found = [line.strip() for line in text.splitlines() if line.startswith("    ")]
    assert found == lines


def test_a_whole_type(composed: Supergraph) -> None:
    text = print_explanation(explain(composed, SOURCES, "Product"))
    assert text.splitlines()[:4] == [
        "type Product",
        '  in catalog: @key(fields: "id"), @key(fields: "sku")',
        '  in reviews: @key(fields: "id", resolvable: false)',
        '  in shipping: @key(fields: "id")',
    ]
    assert "\n  secret: Int   (@inaccessible)\n" in text
    explanation = explain(composed, SOURCES, "Product")
    assert isinstance(explanation, TypeExplanation)
    assert list(explanation.fields) == sorted(
        explanation.fields, key=lambda field: list(composed.types["Product"].fields).index(field.name)
    )


MEMBERS = {
    "Thing.Book": """
        union Thing
        in catalog
        in ordering
        Book
        in subgraph "catalog"
        not in subgraph "ordering"
        a union has the members of any subgraph
    """,
    "Sent": """
        enum Sent
        in ordering
        in packing
        taken by Query.page(sent:)
        taken by Query.pack(sent:)
        A
        in subgraphs "ordering" and "packing"
        every subgraph of the type has it
        C   (@inaccessible)
        in subgraph "ordering"
        not in subgraph "packing"
        hidden from clients, so subgraphs may differ
        B   (left out)
        in subgraph "ordering"
        not in subgraph "packing"
        an enum that clients send has only the values that every subgraph of it takes
    """,
    "Returned.B": """
        enum Returned
        in ordering
        in packing
        returned by Query.page
        returned by Query.pack
        B
        in subgraph "ordering"
        not in subgraph "packing"
        an enum that subgraphs return has the values of any subgraph
    """,
    "Idle.B": """
        enum Idle
        in ordering
        in packing
        B
        in subgraph "ordering"
        not in subgraph "packing"
        an enum that nothing uses has the values of any subgraph
    """,
    "Paging": """
        input Paging
        in ordering
        in packing
        first: Int!
        in subgraphs "ordering" and "packing"
        every subgraph of the type has it
        after: String   (left out)
        in subgraph "ordering"
        not in subgraph "packing"
        an input type has only the fields that every subgraph of it takes
    """,
}


@pytest.mark.parametrize("coordinate", MEMBERS)
def test_members(composed: Supergraph, coordinate: str) -> None:
    text = print_explanation(explain(composed, SOURCES, coordinate))
    assert [line.strip() for line in text.splitlines() if line] == [
        line.strip() for line in MEMBERS[coordinate].splitlines() if line.strip()
    ]


def test_members_as_json(composed: Supergraph) -> None:
    data = json.loads(json.dumps(explanation_to_json(explain(composed, SOURCES, "Paging.after"))))
    assert data["subgraphs"] == ["ordering", "packing"]
    assert data["members"] == [
        {
            "name": "after",
            "type": "String",
            "in_supergraph": False,
            "in_api": False,
            "subgraphs": ["ordering"],
            "lacking": ["packing"],
            "reason": "an input type has only the fields that every subgraph of it takes",
        }
    ]


def test_an_interface_object_is_called_so(composed: Supergraph) -> None:
    assert '  in reviews: @key(fields: "id"), interface object' in print_explanation(
        explain(composed, SOURCES, "Media")
    )


def test_json_has_the_same(composed: Supergraph) -> None:
    data = json.loads(json.dumps(explanation_to_json(explain(composed, SOURCES, "Product.postage"))))
    assert data["fields"] == [
        {
            "name": "postage",
            "type": "Int",
            "in_api": True,
            "parts": [
                {
                    "subgraph": "shipping",
                    "role": "resolves",
                    "reasons": [
                        "the only one that has it",
                        "after fetching { weight } elsewhere by @requires",
                        "entered by { id }",
                    ],
                    "keys": ["id"],
                    "requires": "weight",
                    "provides": "",
                }
            ],
        }
    ]


@pytest.mark.parametrize(
    ("coordinate", "message"),
    [
        ("Sent.BB", 'no member of "Sent" "BB". Did you mean "B"?'),
        ("Pagin", 'no object, interface, union, enum or input type "Pagin". Did you mean "Paging"?'),
        ("Produkt", 'no object, interface, union, enum or input type "Produkt". Did you mean "Product"?'),
        ("Product.nam", 'no field of type "Product" "nam". Did you mean "name"?'),
        ("Int", 'no object, interface, union, enum or input type "Int".'),
    ],
)
def test_what_is_not_there(composed: Supergraph, coordinate: str, message: str) -> None:
    with pytest.raises(NothingToExplainError, match=message.replace("?", r"\?")):
        explain(composed, SOURCES, coordinate)
