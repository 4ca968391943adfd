"""Dishes, orders and a store room: keys, requirements over lists, and fields provided inline."""

from __future__ import annotations

from tests.router.planner.conftest import AssertPlan

SUBGRAPHS = {
    "menu": """
        type Query { dishes: [Dish!]! }
        type Dish @key(fields: "id") { id: ID! name: String portion: Int kitchen: String }
        type Guest @key(fields: "id") { id: ID! nick: String @shareable visits: Int }
    """,
    "store": """
        type Dish @key(fields: "id") {
          id: ID!
          portion: Int @external
          kitchen: String @external
          left: Int
          servings: Int @requires(fields: "portion kitchen")
        }
    """,
    "tables": """
        type Query { table: Table }
        type Table { orders: [Order!]! }
        type Order @key(fields: "id") { id: ID! dish: Dish guest: Guest @provides(fields: "nick") note: String }
        type Dish @key(fields: "id") { id: ID! ordered: [Order!]! }
        type Guest @key(fields: "id") { id: ID! nick: String @external orders: [Order!] }
    """,
}


def test_required_and_selected(assert_plan: AssertPlan) -> None:
    assert_plan(
        SUBGRAPHS,
        "{ dishes { name portion servings } }",
        """
        QueryPlan {
          Sequence {
            Fetch(service: "menu") {
              {
                dishes {
                  name
                  portion
                  kitchen
                  id
                }
              }
            },
            Flatten(path: "dishes.@") {
              Fetch(service: "store") {
                {
                  ... on Dish {
                    __typename
                    id
                    portion
                    kitchen
                  }
                } =>
                {
                  ... on Dish {
                    servings
                  }
                }
              },
            },
          },
        }
        """,
    )


def test_required_only(assert_plan: AssertPlan) -> None:
    assert_plan(
        SUBGRAPHS,
        "{ dishes { servings left } }",
        """
        QueryPlan {
          Sequence {
            Fetch(service: "menu") {
              {
                dishes {
                  portion
                  kitchen
                  id
                }
              }
            },
            Flatten(path: "dishes.@") {
              Fetch(service: "store") {
                {
                  ... on Dish {
                    __typename
                    id
                    portion
                    kitchen
                  }
                } =>
                {
                  ... on Dish {
                    servings
                    left
                  }
                }
              },
            },
          },
        }
        """,
    )


def test_provided_inline(assert_plan: AssertPlan) -> None:
    assert_plan(
        SUBGRAPHS,
        "{ table { orders { guest { nick } } } }",
        """
        QueryPlan {
          Fetch(service: "tables") {
            {
              table {
                orders {
                  guest {
                    nick
                  }
                }
              }
            }
          },
        }
        """,
    )


def test_provided_and_fetched(assert_plan: AssertPlan) -> None:
    assert_plan(
        SUBGRAPHS,
        "{ table { orders { guest { nick visits } dish { name servings } } } }",
        """
        QueryPlan {
          Sequence {
            Fetch(service: "tables") {
              {
                table {
                  orders {
                    guest {
                      nick
                      id
                    }
                    dish {
                      id
                    }
                  }
                }
              }
            },
            Batch(service: "menu") {
              Flatten(path: "table.orders.@.guest") {
                {
                  ... on Guest {
                    __typename
                    id
                  }
                } =>
                {
                  ... on Guest {
                    visits
                  }
                }
              },
              Flatten(path: "table.orders.@.dish") {
                {
                  ... on Dish {
                    __typename
                    id
                  }
                } =>
                {
                  ... on Dish {
                    name
                    portion
                    kitchen
                  }
                }
              },
            },
            Flatten(path: "table.orders.@.dish") {
              Fetch(service: "store") {
                {
                  ... on Dish {
                    __typename
                    id
                    portion
                    kitchen
                  }
                } =>
                {
                  ... on Dish {
                    servings
                  }
                }
              },
            },
          },
        }
        """,
    )


def test_and_back_to_the_start(assert_plan: AssertPlan) -> None:
    assert_plan(
        SUBGRAPHS,
        "{ dishes { ordered { note guest { nick orders { dish { name } } } } } }",
        """
        QueryPlan {
          Sequence {
            Fetch(service: "menu") {
              {
                dishes {
                  id
                }
              }
            },
            Flatten(path: "dishes.@") {
              Fetch(service: "tables") {
                {
                  ... on Dish {
                    __typename
                    id
                  }
                } =>
                {
                  ... on Dish {
                    ordered {
                      note
                      guest {
                        nick
                        orders {
                          dish {
                            id
                          }
                        }
                      }
                    }
                  }
                }
              },
            },
            Flatten(path: "dishes.@.ordered.@.guest.orders.@.dish") {
              Fetch(service: "menu") {
                {
                  ... on Dish {
                    __typename
                    id
                  }
                } =>
                {
                  ... on Dish {
                    name
                  }
                }
              },
            },
          },
        }
        """,
    )
