"""Interface objects give interface fields; types are learnt from the interface's owner."""

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


def test_nothing_but_the_stand_in(assert_plan: AssertPlan) -> None:
    assert_plan(
        SUBGRAPHS,
        "{ stand { id label } }",
        """
        QueryPlan {
          Fetch(service: "io") {
            {
              stand {
                id
                label
              }
            }
          },
        }
        """,
    )


def test_typename_comes_from_the_owner(assert_plan: AssertPlan) -> None:
    assert_plan(
        SUBGRAPHS,
        "{ stand { __typename label } }",
        """
        QueryPlan {
          Sequence {
            Fetch(service: "io") {
              {
                stand {
                  id
                  label
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
                }
              },
            },
          },
        }
        """,
    )


def test_under_a_type_condition(assert_plan: AssertPlan) -> None:
    assert_plan(
        SUBGRAPHS,
        "{ nodes { ... on X { label } } }",
        """
        QueryPlan {
          Sequence {
            Fetch(service: "owner") {
              {
                nodes {
                  __typename
                  ... on X {
                    id
                  }
                }
              }
            },
            Flatten(path: "nodes.@") {
              Fetch(service: "io") {
                {
                  ... on Node {
                    __typename: "Node"
                    id
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


def test_entities_below_one_type_wait_until_the_types_are_known(assert_plan: AssertPlan) -> None:
    assert_plan(
        {
            "owner": """
                interface Node @key(fields: "id") { id: ID! }
                type X implements Node @key(fields: "id") { id: ID! }
                type Y implements Node @key(fields: "id") { id: ID! }
                type Part @key(fields: "code") { code: String! name: String! }
            """,
            "io": """
                type Query { node: Node }
                type Node @key(fields: "id") @interfaceObject { id: ID! part: Part }
                type Part @key(fields: "code") { code: String! }
            """,
        },
        "{ node { ... on X { part { name } } } }",
        """
        QueryPlan {
          Sequence {
            Fetch(service: "io") {
              {
                node {
                  id
                  part {
                    code
                  }
                }
              }
            },
            Flatten(path: "node") {
              Fetch(service: "owner") {
                {
                  ... on Node {
                    __typename
                    id
                  }
                } =>
                {
                  __typename
                }
              },
            },
            Flatten(path: "node|[X].part") {
              Fetch(service: "owner") {
                {
                  ... on Part {
                    __typename
                    code
                  }
                } =>
                {
                  ... on Part {
                    name
                  }
                }
              },
            },
          },
        }
        """,
    )
