"""The subgraph of a shared root field is chosen by the types selected below it."""

from __future__ import annotations

from tests.router.planner.conftest import AssertPlan

SUBGRAPHS = {
    "a": """
        type Query { node: Node @shareable }
        interface Node { id: ID! }
        type Account implements Node @key(fields: "id") { id: ID! name: String }
        type Chat implements Node @key(fields: "id") { id: ID! @external account: Account! }
    """,
    "b": """
        type Query { node: Node @shareable }
        interface Node { id: ID! }
        type Account implements Node @key(fields: "id") { id: ID! @external chats: [Chat] }
        type Chat implements Node @key(fields: "id") { id: ID! text: String }
    """,
}


def test_corrupted_supergraph_node_id(assert_plan: AssertPlan) -> None:
    assert_plan(
        SUBGRAPHS,
        "{ node { ... on Chat { id text } } acc: node { ... on Account { id name } } }",
        """
        QueryPlan {
          Parallel {
            Fetch(service: "b") {
              {
                node {
                  __typename
                  ... on Chat {
                    id
                    text
                  }
                }
              }
            },
            Fetch(service: "a") {
              {
                acc: node {
                  __typename
                  ... on Account {
                    id
                    name
                  }
                }
              }
            },
          },
        }
        """,
    )
