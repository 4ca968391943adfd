"""A field of a value type is reached through its parent's key."""

from __future__ import annotations

from tests.router.planner.conftest import AssertPlan

SUBGRAPHS = {
    "a": """
        type Query { products: [Product] }
        type Product @key(fields: "id pid") { id: ID! pid: ID! }
    """,
    "b": """
        type Product @key(fields: "id pid") { id: ID! pid: ID! category: Category @shareable }
        type Category @shareable { name: String }
    """,
    "c": """
        type Product @key(fields: "id pid") { id: ID! pid: ID! category: Category @shareable }
        type Category { details: String name: String @shareable }
    """,
}

OTHER_SUBGRAPHS = {
    "a": """
        type Query { products: [Product] }
        type Product @key(fields: "id pid") { id: ID! pid: ID! }
    """,
    "b": """
        type Product @key(fields: "id pid") { id: ID! pid: ID! category: Category @shareable }
        type Category { name: String }
    """,
    "c": """
        type Product @key(fields: "id pid") { id: ID! pid: ID! category: Category @shareable }
        type Category @key(fields: "id") { id: ID! details: String }
    """,
    "d": """
        type Category @key(fields: "id") { id: ID! extra: String }
    """,
}


def test_through_the_parents_key(assert_plan: AssertPlan) -> None:
    assert_plan(
        SUBGRAPHS,
        "{ products { category { details } } }",
        """
        QueryPlan {
          Sequence {
            Fetch(service: "a") {
              {
                products {
                  id
                  pid
                }
              }
            },
            Flatten(path: "products.@") {
              Fetch(service: "c") {
                {
                  ... on Product {
                    __typename
                    id
                    pid
                  }
                } =>
                {
                  ... on Product {
                    category {
                      details
                    }
                  }
                }
              },
            },
          },
        }
        """,
    )


def test_two_parts_and_a_key_of_the_child(assert_plan: AssertPlan) -> None:
    assert_plan(
        OTHER_SUBGRAPHS,
        "{ products { category { details name extra } } }",
        """
        QueryPlan {
          Sequence {
            Fetch(service: "a") {
              {
                products {
                  id
                  pid
                }
              }
            },
            Parallel {
              Flatten(path: "products.@") {
                Fetch(service: "b") {
                  {
                    ... on Product {
                      __typename
                      id
                      pid
                    }
                  } =>
                  {
                    ... on Product {
                      category {
                        name
                      }
                    }
                  }
                },
              },
              Sequence {
                Flatten(path: "products.@") {
                  Fetch(service: "c") {
                    {
                      ... on Product {
                        __typename
                        id
                        pid
                      }
                    } =>
                    {
                      ... on Product {
                        category {
                          details
                          id
                        }
                      }
                    }
                  },
                },
                Flatten(path: "products.@.category") {
                  Fetch(service: "d") {
                    {
                      ... on Category {
                        __typename
                        id
                      }
                    } =>
                    {
                      ... on Category {
                        extra
                      }
                    }
                  },
                },
              },
            },
          },
        }
        """,
    )
