"""``@provides`` through an interface: what is provided for an implementation is read inline, the rest costs a fetch."""

from __future__ import annotations

from tests.router.planner.conftest import AssertPlan

SUBGRAPHS = {
    "a": """
        type Query { media: Media @shareable }
        interface Media { id: ID! animals: [Animal] }
        interface Animal { id: ID! }
        type Book implements Media @key(fields: "id") { id: ID! animals: [Animal] @shareable }
        type Dog implements Animal @key(fields: "id") { id: ID! }
        type Cat implements Animal @key(fields: "id") { id: ID! }
    """,
    "b": """
        type Query {
          media: Media @shareable @provides(fields: "... on Book { animals { ... on Dog { name } } }")
        }
        interface Media { id: ID! animals: [Animal] }
        interface Animal { id: ID! name: String }
        type Book implements Media @key(fields: "id") { id: ID! animals: [Animal] @external }
        type Dog implements Animal @key(fields: "id") { id: ID! name: String @external }
        type Cat implements Animal @key(fields: "id") { id: ID! name: String @shareable }
    """,
    "c": """
        type Dog @key(fields: "id") { id: ID! name: String @shareable }
        type Cat @key(fields: "id") { id: ID! name: String @shareable }
    """,
}


def test_provides_on_interface(assert_plan: AssertPlan) -> None:
    assert_plan(
        SUBGRAPHS,
        "{ media { id animals { id name } } }",
        """
        QueryPlan {
          Fetch(service: "b") {
            {
              media {
                __typename
                id
                animals {
                  __typename
                  id
                  name
                }
              }
            }
          },
        }
        """,
    )
