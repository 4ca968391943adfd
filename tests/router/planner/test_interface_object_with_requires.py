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


OWNED_KEYS = {
    "owner": """
        type Query { nodes: [Node] }
        interface Node { id: ID! size: Int }
        type X implements Node @key(fields: "id") { id: ID! size: Int }
        type Y implements Node @key(fields: "id") { id: ID! size: Int }
    """,
    "io": """
        type Node @key(fields: "id") @interfaceObject {
          id: ID!
          size: Int @external
          label: String @requires(fields: "size")
          colour: String
        }
    """,
}


def test_beside_a_field_that_requires_nothing(assert_plan: AssertPlan) -> None:
    assert_plan(
        OWNED_KEYS,
        "{ nodes { colour label } }",
        """
        QueryPlan {
          Sequence {
            Fetch(service: "owner") {
              {
                nodes {
                  __typename
                  id
                  size
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
                    colour
                    label
                  }
                }
              },
            },
          },
        }
        """,
    )


def test_of_one_type_only_beside_a_field_of_all(assert_plan: AssertPlan) -> None:
    """An interface object's subgraph answers a field for every representation it is sent: Y's lack the size."""
    assert_plan(
        OWNED_KEYS,
        "{ nodes { ... on X { label } colour } }",
        """
        QueryPlan {
          Sequence {
            Fetch(service: "owner") {
              {
                nodes {
                  __typename
                  ... on X {
                    size
                    id
                  }
                  ... on Y {
                    id
                  }
                }
              }
            },
            Batch(service: "io") {
              Flatten(path: "nodes.@") {
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
                    colour
                  }
                }
              },
              Flatten(path: "nodes.@") {
                {
                  ... on Node {
                    __typename: "Node"
                    id
                  }
                } =>
                {
                  ... on Node {
                    colour
                  }
                }
              },
            },
          },
        }
        """,
    )
