"""Selections on an interface go on per object type where a subgraph lacks fields or the interface itself."""

from __future__ import annotations

from tests.router.planner.conftest import AssertPlan

SUBGRAPHS = {
    "a": """
        type Query { pets: [Pet] }
        interface Pet { id: ID! name: String }
        type Dog implements Pet @key(fields: "id") { id: ID! name: String }
        type Cat implements Pet @key(fields: "id") { id: ID! name: String lives: Int }
    """,
    "b": """
        interface Pet { id: ID! weight: Int }
        type Dog implements Pet @key(fields: "id") { id: ID! weight: Int }
        type Cat implements Pet @key(fields: "id") { id: ID! weight: Int }
    """,
}

OTHER_SUBGRAPHS = {
    "a": """
        type Query { pets: [Pet] }
        interface Pet { id: ID! name: String }
        type Dog implements Pet @key(fields: "id") { id: ID! name: String }
        type Cat implements Pet @key(fields: "id") { id: ID! name: String lives: Int }
    """,
    "b": """
        type Dog @key(fields: "id") { id: ID! weight: Int }
        type Cat @key(fields: "id") { id: ID! weight: Int }
    """,
}


def test_interface_field_is_sent_as_such(assert_plan: AssertPlan) -> None:
    assert_plan(
        SUBGRAPHS,
        "{ pets { name } }",
        """
        QueryPlan {
          Fetch(service: "a") {
            {
              pets {
                __typename
                name
              }
            }
          },
        }
        """,
    )


def test_one_fetch_for_all_object_types(assert_plan: AssertPlan) -> None:
    assert_plan(
        SUBGRAPHS,
        "{ pets { name ... on Cat { lives weight } ...F } } fragment F on Pet { ... on Dog { weight } }",
        """
        QueryPlan {
          Sequence {
            Fetch(service: "a") {
              {
                pets {
                  __typename
                  name
                  ... on Cat {
                    lives
                    id
                  }
                  ... on Dog {
                    id
                  }
                }
              }
            },
            Flatten(path: "pets.@") {
              Fetch(service: "b") {
                {
                  ... on Cat | Dog {
                    __typename
                    id
                  }
                } =>
                {
                  ... on Cat {
                    weight
                  }
                  ... on Dog {
                    weight
                  }
                }
              },
            },
          },
        }
        """,
    )


def test_interface_unknown_to_the_second_subgraph(assert_plan: AssertPlan) -> None:
    assert_plan(
        OTHER_SUBGRAPHS,
        "{ pets { __typename ... on Cat { w: weight } ... on Dog { w: weight } } }",
        """
        QueryPlan {
          Sequence {
            Fetch(service: "a") {
              {
                pets {
                  __typename
                  ... on Cat {
                    id
                  }
                  ... on Dog {
                    id
                  }
                }
              }
            },
            Flatten(path: "pets.@") {
              Fetch(service: "b") {
                {
                  ... on Cat | Dog {
                    __typename
                    id
                  }
                } =>
                {
                  ... on Cat {
                    w: weight
                  }
                  ... on Dog {
                    w: weight
                  }
                }
              },
            },
          },
        }
        """,
    )
