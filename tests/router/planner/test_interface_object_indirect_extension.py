"""Fields of a concrete type below an interface object: by the owner to the third subgraph."""

from __future__ import annotations

from tests.router.planner.conftest import AssertPlan

SUBGRAPHS = {
    "owner": """
        type Query { nodes: [Node] }
        interface Node @key(fields: "id") { id: ID! }
        type X implements Node @key(fields: "id") { id: ID! x: Int }
        type Y implements Node @key(fields: "id") { id: ID! y: Int }
    """,
    "io": """
        type Query { stand: [Node] }
        type Node @key(fields: "id") @interfaceObject { id: ID! label: String }
    """,
    "ext": """
        type X @key(fields: "id") { id: ID! more: String }
    """,
}


def test_interface_object_indirect_extension(assert_plan: AssertPlan) -> None:
    assert_plan(
        SUBGRAPHS,
        "{ stand { label ... on X { more x } } }",
        """
        QueryPlan {
          Sequence {
            Fetch(service: "io") {
              {
                stand {
                  label
                  id
                }
              }
            },
            Flatten(path: "stand.@") {
              Fetch(service: "owner") {
                {
                  ... on Node {
                    __typename
                    id
                  }
                } =>
                {
                  __typename
                  ... on X {
                    id
                    x
                  }
                }
              },
            },
            Flatten(path: "stand.@") {
              Fetch(service: "ext") {
                {
                  ... on X {
                    __typename
                    id
                  }
                } =>
                {
                  ... on X {
                    more
                  }
                }
              },
            },
          },
        }
        """,
    )
