"""``@requires`` on an interface object, from the owner and from the stand-in."""

from __future__ import annotations

from tests.router.planner.conftest import AssertPlan

SUBGRAPHS = {
    "owner": """
        type Query { nodes: [Node] }
        interface Node @key(fields: "id") { id: ID! size: Int }
        type X implements Node @key(fields: "id") { id: ID! size: Int }
        type Y implements Node @key(fields: "id") { id: ID! size: Int }
    """,
    "io": """
        type Query { stand: [Node] }
        type Node @key(fields: "id") @interfaceObject {
          id: ID!
          size: Int @external
          label: String @requires(fields: "size")
        }
    """,
}


def test_from_the_owner(assert_plan: AssertPlan) -> None:
    assert_plan(
        SUBGRAPHS,
        "{ nodes { label } }",
        """
        QueryPlan {
          Sequence {
            Fetch(service: "owner") {
              {
                nodes {
                  __typename
                  size
                  id
                }
              }
            },
            Flatten(path: "nodes.@") {
              Fetch(service: "io") {
                {
                  ... on Node {
                    __typename
                    id
                    size
                  }
                } =>
                {
                  ... on Node {
                    label
                  }
                }
              },
            },
          },
        }
        """,
    )


def test_from_the_stand_in(assert_plan: AssertPlan) -> None:
    assert_plan(
        SUBGRAPHS,
        "{ stand { label } }",
        """
        QueryPlan {
          Sequence {
            Fetch(service: "io") {
              {
                stand {
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
                  ... on Node {
                    size
                  }
                }
              },
            },
            Flatten(path: "stand.@") {
              Fetch(service: "io") {
                {
                  ... on Node {
                    __typename
                    id
                    size
                  }
                } =>
                {
                  ... on Node {
                    label
                  }
                }
              },
            },
          },
        }
        """,
    )


def test_from_the_stand_in_under_a_type_condition(assert_plan: AssertPlan) -> None:
    assert_plan(
        SUBGRAPHS,
        "{ stand { ... on X { label } } }",
        """
        QueryPlan {
          Sequence {
            Fetch(service: "io") {
              {
                stand {
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
                    size
                  }
                }
              },
            },
            Flatten(path: "stand.@") {
              Fetch(service: "io") {
                {
                  ... on Node {
                    __typename: "Node"
                    id
                    size
                  }
                } =>
                {
                  ... on Node {
                    label
                  }
                }
              },
            },
          },
        }
        """,
    )
