"""A small federated shop for tests of planning and execution together: four subgraphs and their merged schema."""

from __future__ import annotations

from functools import cache
from typing import Any

from tests.router.executor.federation import Record, Records, Ref, Subgraph

PRODUCTS = """
    type Query {
      product(id: ID!): Product  products: [Product!]!  search: [Hit!]!  node(id: ID!): Node  shelves: [[Product]!]
    }
    type Mutation { rename(id: ID!, name: String!): Product  discontinue(id: ID!): Product! }
    interface Node { id: ID! }
    union Hit = Product | Category
    enum Kind { NEW USED SECRET @inaccessible }
    type Product implements Node @key(fields: "id") @key(fields: "sku") {
      id: ID!  sku: String!  name: String!  price: Int  weight: Int  category: Category  kind: Kind  tags: [String!]!
      dims: Dims  related(first: Int = 2): [Product!]!
    }
    type Category implements Node @key(fields: "id") { id: ID!  title: String!  parent: Category }
    type Dims @shareable { width: Int  height: Int }
"""

INVENTORY = """
    type Product @key(fields: "id") {
      id: ID!  price: Int @external  weight: Int @external  stock: Int
      shipping: Int @requires(fields: "price weight")  warehouse: Warehouse
    }
    type Warehouse @key(fields: "code region { id }") { code: String!  region: Region!  city: String! }
    type Region @shareable { id: ID!  name: String }
    type Query { warehouses: [Warehouse] }
"""

REVIEWS = """
    type Query { topReviews: [Review!]! }
    type Review @key(fields: "id") { id: ID!  stars: Int!  text: String  product: Product!  author: User }
    type Product @key(fields: "sku") { sku: String!  reviews: [Review!]!  rating: Float }
    type User @key(fields: "id") { id: ID!  reviews: [Review]  verdict: String @requires(fields: "name")
      name: String! @external }
"""

USERS = """
    type Query { me: User  users: [User!]! }
    type Mutation { follow(id: ID!): User! }
    interface Node { id: ID! }
    type User implements Node @key(fields: "id") { id: ID!  name: String!  friends: [User]  nick: String }
"""

MERGED = """
    type Query {
      product(id: ID!): Product  products: [Product!]!  search: [Hit!]!  node(id: ID!): Node  shelves: [[Product]!]
      warehouses: [Warehouse]  topReviews: [Review!]!  me: User  users: [User!]!
    }
    interface Node { id: ID! }
    union Hit = Product | Category
    enum Kind { NEW USED }
    type Product implements Node {
      id: ID!  sku: String!  name: String!  price: Int  weight: Int  category: Category  kind: Kind  tags: [String!]!
      dims: Dims  related(first: Int = 2): [Product!]!
      stock: Int  shipping: Int  warehouse: Warehouse  reviews: [Review!]!  rating: Float
    }
    type Category implements Node { id: ID!  title: String!  parent: Category }
    type Dims { width: Int  height: Int }
    type Warehouse { code: String!  region: Region!  city: String! }
    type Region { id: ID!  name: String }
    type Review { id: ID!  stars: Int!  text: String  product: Product!  author: User }
    type User implements Node { id: ID!  name: String!  friends: [User]  nick: String
      reviews: [Review]  verdict: String }
"""


def _shipping(record: Record) -> int | None:
    """From what was required: the representation in a subgraph, the record itself in the merged schema."""
    given = record.get("representation", record)
    return None if given["price"] is None else given["price"] + (given["weight"] or 0)


def _verdict(record: Record) -> str:
    return f"{record.get('representation', record)['name']} is kind"


def _product(number: int, **changes: Any) -> dict[str, Any]:
    related = [Ref("Product", str(other % 5 + 1)) for other in range(number, number + 3)]
    return {
        "id": str(number),
        "sku": f"sku-{number}",
        "name": f"Product {number}",
        "price": number * 100,
        "weight": number,
        "category": Ref("Category", str(number % 2 + 1)),
        "kind": "NEW",
        "tags": [f"t{tag}" for tag in range(number % 3)],
        "dims": {"width": number, "height": None},
        "related": lambda record, first=2: related[:first],
        "stock": number * 7,
        "shipping": _shipping,
        "warehouse": Ref("Warehouse", "w1" if number % 2 else "w2"),
        "reviews": [Ref("Review", str(review)) for review in range(number, number + 2)],
        "rating": number / 2,
        **changes,
    }


def _review(number: int) -> dict[str, Any]:
    return {
        "id": str(number),
        "stars": number % 5 + 1,
        "text": None if number % 3 else f"text {number}",
        "product": Ref("Product", str(number % 5 + 1)),
        "author": None if number == 4 else Ref("User", str(number % 3 + 1)),
    }


def _user(number: int, **changes: Any) -> dict[str, Any]:
    return {
        "id": str(number),
        "name": f"User {number}",
        "friends": [None if other == number else Ref("User", str(other)) for other in (1, 2, 3)],
        "nick": None if number == 2 else f"nick{number}",
        "reviews": [Ref("Review", str(number)), None, Ref("Review", str(number + 1))],
        "verdict": _verdict,
        **changes,
    }


RECORDS = Records(
    {
        "Product": {
            "1": _product(1),
            "2": _product(2, price=None, kind=None, dims=None),
            "3": _product(3, unknown_to=("inventory",), stock=None, shipping=None, warehouse=None),
            "4": _product(4, category=None, warehouse=None),
            "5": _product(5, weight=None),
        },
        "Category": {
            "1": {"id": "1", "title": "Desks", "parent": None},
            "2": {"id": "2", "title": "Lamps", "parent": Ref("Category", "1")},
        },
        "Warehouse": {
            "w1": {"code": "w1", "region": {"id": "r1", "name": "North"}, "city": "Oslo"},
            "w2": {"code": "w2", "region": {"id": "r2", "name": None}, "city": "Rome"},
        },
        "Review": {str(number): _review(number) for number in range(1, 8)},
        "User": {"1": _user(1), "2": _user(2), "3": _user(3, unknown_to=("reviews",), reviews=None, verdict=None)},
    }
)

ROOTS: Record = {
    "product": lambda source, id: Ref("Product", id),
    "products": [Ref("Product", str(number)) for number in range(1, 6)],
    "search": [Ref("Category", "2"), Ref("Product", "3"), Ref("Product", "1"), Ref("Category", "1")],
    "node": lambda source, id: Ref("Category" if id == "2" else "Product", id),
    "shelves": [[Ref("Product", "1"), None, Ref("Product", "2")], [], [Ref("Product", "1")]],
    "warehouses": [Ref("Warehouse", "w1"), None, Ref("Warehouse", "w2")],
    "topReviews": [Ref("Review", str(number)) for number in (5, 1, 4)],
    "me": Ref("User", "1"),
    "users": [Ref("User", "3"), Ref("User", "2"), Ref("User", "1")],
    "rename": lambda source, id, name: Ref("Product", id),
    "discontinue": lambda source, id: Ref("Product", id),
    "follow": lambda source, id: Ref("User", id),
}

SDL = {"products": PRODUCTS, "inventory": INVENTORY, "reviews": REVIEWS, "users": USERS}


@cache
def subgraphs() -> dict[str, Subgraph]:
    return {name: Subgraph(name, sdl, RECORDS, ROOTS) for name, sdl in SDL.items()}
