"""What is required and was taken over comes from its new owner, also for the subgraph it was taken from."""

from __future__ import annotations

from tests.router.planner.conftest import AssertPlan

SUBGRAPHS = {
    "old": """
        type Query { fromOld: Item }
        type Item @key(fields: "id") { id: ID! weight: Int @external fee: Int @requires(fields: "weight") }
    """,
    "new": """
        type Query { fromNew: Item }
        type Item @key(fields: "id") { id: ID! weight: Int @override(from: "old") }
    """,
    "ships": """
        type Query { fromShips: Item }
        type Item @key(fields: "id") { id: ID! weight: Int @external postage: Int @requires(fields: "weight") }
    """,
}


def test_from_the_old_owner(assert_plan: AssertPlan) -> None:
    assert_plan(
        SUBGRAPHS,
        "{ fromOld { fee postage } }",
        """
        QueryPlan {
          Sequence {
            Fetch(service: "old") {
              {
                fromOld {
                  id
                }
              }
            },
            Flatten(path: "fromOld") {
              Fetch(service: "new") {
                {
                  ... on Item {
                    __typename
                    id
                  }
                } =>
                {
                  ... on Item {
                    weight
                  }
                }
              },
            },
            Parallel {
              Flatten(path: "fromOld") {
                Fetch(service: "old") {
                  {
                    ... on Item {
                      __typename
                      id
                      weight
                    }
                  } =>
                  {
                    ... on Item {
                      fee
                    }
                  }
                },
              },
              Flatten(path: "fromOld") {
                Fetch(service: "ships") {
                  {
                    ... on Item {
                      __typename
                      id
                      weight
                    }
                  } =>
                  {
                    ... on Item {
                      postage
                    }
                  }
                },
              },
            },
          },
        }
        """,
    )


def test_from_the_new_owner(assert_plan: AssertPlan) -> None:
    assert_plan(
        SUBGRAPHS,
        "{ fromNew { fee postage weight } }",
        """
        QueryPlan {
          Sequence {
            Fetch(service: "new") {
              {
                fromNew {
                  weight
                  id
                }
              }
            },
            Parallel {
              Flatten(path: "fromNew") {
                Fetch(service: "old") {
                  {
                    ... on Item {
                      __typename
                      id
                      weight
                    }
                  } =>
                  {
                    ... on Item {
                      fee
                    }
                  }
                },
              },
              Flatten(path: "fromNew") {
                Fetch(service: "ships") {
                  {
                    ... on Item {
                      __typename
                      id
                      weight
                    }
                  } =>
                  {
                    ... on Item {
                      postage
                    }
                  }
                },
              },
            },
          },
        }
        """,
    )


def test_from_a_third(assert_plan: AssertPlan) -> None:
    assert_plan(
        SUBGRAPHS,
        "{ fromShips { postage fee } }",
        """
        QueryPlan {
          Sequence {
            Fetch(service: "ships") {
              {
                fromShips {
                  id
                }
              }
            },
            Flatten(path: "fromShips") {
              Fetch(service: "new") {
                {
                  ... on Item {
                    __typename
                    id
                  }
                } =>
                {
                  ... on Item {
                    weight
                  }
                }
              },
            },
            Parallel {
              Flatten(path: "fromShips") {
                Fetch(service: "ships") {
                  {
                    ... on Item {
                      __typename
                      id
                      weight
                    }
                  } =>
                  {
                    ... on Item {
                      postage
                    }
                  }
                },
              },
              Flatten(path: "fromShips") {
                Fetch(service: "old") {
                  {
                    ... on Item {
                      __typename
                      id
                      weight
                    }
                  } =>
                  {
                    ... on Item {
                      fee
                    }
                  }
                },
              },
            },
          },
        }
        """,
    )
