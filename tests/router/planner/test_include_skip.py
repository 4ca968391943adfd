"""What a condition excludes is neither fetched nor prepared; its whole chain of fetches falls away."""

from __future__ import annotations

from router.query_plan.nodes import fetches
from tests.router.planner.conftest import AssertPlan, MakePlan

SUBGRAPHS = {
    "a": """
        type Query { p: P }
        type P @key(fields: "id") { id: ID! base: Int }
    """,
    "b": """
        type P @key(fields: "id") {
          id: ID!
          base: Int @external
          cost: Int @inaccessible @requires(fields: "base")
        }
    """,
    "c": """
        type P @key(fields: "id") { id: ID! cost: Int @external margin: Int @requires(fields: "cost") }
    """,
    "d": """
        type P @key(fields: "id") {
          id: ID!
          margin: Int @external
          price: Int @requires(fields: "margin")
          other: Int
        }
    """,
}


def test_conditions_of_a_chain_are_joined(assert_plan: AssertPlan) -> None:
    assert_plan(
        SUBGRAPHS,
        """
        query ($with: Boolean!, $no: Boolean!) {
          p {
            id
            price @include(if: $with)
            margin @skip(if: $no)
          }
        }
        """,
        """
        QueryPlan {
          Sequence {
            Fetch(service: "a") {
              {
                p {
                  id
                  base @skip(if: $no)
                  base @include(if: $with)
                }
              }
            },
            Include(if: not $no or $with) {
              Flatten(path: "p") {
                Fetch(service: "b") {
                  {
                    ... on P {
                      __typename
                      id
                      base
                    }
                  } =>
                  {
                    ... on P {
                      cost
                    }
                  }
                },
              },
            },
            Include(if: not $no or $with) {
              Flatten(path: "p") {
                Fetch(service: "c") {
                  {
                    ... on P {
                      __typename
                      id
                      cost
                    }
                  } =>
                  {
                    ... on P {
                      margin
                    }
                  }
                },
              },
            },
            Include(if: $with) {
              Flatten(path: "p") {
                Fetch(service: "d") {
                  {
                    ... on P {
                      __typename
                      id
                      margin
                    }
                  } =>
                  {
                    ... on P {
                      price
                    }
                  }
                },
              },
            },
          },
        }
        """,
    )


def test_unconditional_neighbour_keeps_its_call(assert_plan: AssertPlan) -> None:
    assert_plan(
        SUBGRAPHS,
        "query($with: Boolean!) { p { other price @include(if: $with) } }",
        """
        QueryPlan {
          Sequence {
            Fetch(service: "a") {
              {
                p {
                  id
                  base @include(if: $with)
                }
              }
            },
            Include(if: $with) {
              Flatten(path: "p") {
                Fetch(service: "b") {
                  {
                    ... on P {
                      __typename
                      id
                      base
                    }
                  } =>
                  {
                    ... on P {
                      cost
                    }
                  }
                },
              },
            },
            Include(if: $with) {
              Flatten(path: "p") {
                Fetch(service: "c") {
                  {
                    ... on P {
                      __typename
                      id
                      cost
                    }
                  } =>
                  {
                    ... on P {
                      margin
                    }
                  }
                },
              },
            },
            Flatten(path: "p") {
              Fetch(service: "d") {
                {
                  ... on P {
                    __typename
                    id
                    margin
                  }
                } =>
                {
                  ... on P {
                    other
                    price @include(if: $with)
                  }
                }
              },
            },
          },
        }
        """,
    )


def test_alternatives_at_the_root(assert_plan: AssertPlan) -> None:
    assert_plan(
        SUBGRAPHS,
        """
        query ($a: Boolean!, $b: Boolean!) {
          p @include(if: $a) {
            other
          }
          ... @skip(if: $b) {
            p {
              id
            }
          }
          always: p {
            id
          }
        }
        """,
        """
        QueryPlan {
          Sequence {
            Fetch(service: "a") {
              {
                p @include(if: $a) {
                  id
                }
                p @skip(if: $b) {
                  id
                }
                always: p {
                  id
                }
              }
            },
            Include(if: $a) {
              Flatten(path: "p") {
                Fetch(service: "d") {
                  {
                    ... on P {
                      __typename
                      id
                    }
                  } =>
                  {
                    ... on P {
                      other
                    }
                  }
                },
              },
            },
          },
        }
        """,
    )


def test_an_object_of_which_nothing_can_be_included_is_still_asked_as_one(make_plan: MakePlan) -> None:
    plan = make_plan(SUBGRAPHS, "query ($q: Boolean!) { p { ... @include(if: $q) { id @skip(if: $q) } } }")
    assert [fetch.document for fetch in fetches(plan.node)] == ["{p{__typename}}"]
