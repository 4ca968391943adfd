"""Two subgraphs give parts of an object without a key, reached by its parent's key; it then enters a fourth."""

from __future__ import annotations

from tests.router.planner.conftest import AssertPlan

SUBGRAPHS = {
    "houses": """
        type Query { house: House }
        type House @key(fields: "street no") { street: String! no: Int! }
    """,
    "plots": """
        type House @key(fields: "street no") { street: String! no: Int! plot: Plot @shareable }
        type Plot { area: Int region: String }
    """,
    "registry": """
        type House @key(fields: "street no") { street: String! no: Int! plot: Plot @shareable }
        type Plot { sheet: ID! @shareable }
    """,
    "taxes": """
        type Plot @key(fields: "sheet") { sheet: ID! tax: Int }
    """,
}


def test_the_key_is_in_one_part(assert_plan: AssertPlan) -> None:
    assert_plan(
        SUBGRAPHS,
        "{ house { plot { region tax } } }",
        """
        QueryPlan {
          Sequence {
            Fetch(service: "houses") {
              {
                house {
                  street
                  no
                }
              }
            },
            Parallel {
              Flatten(path: "house") {
                Fetch(service: "plots") {
                  {
                    ... on House {
                      __typename
                      street
                      no
                    }
                  } =>
                  {
                    ... on House {
                      plot {
                        region
                      }
                    }
                  }
                },
              },
              Sequence {
                Flatten(path: "house") {
                  Fetch(service: "registry") {
                    {
                      ... on House {
                        __typename
                        street
                        no
                      }
                    } =>
                    {
                      ... on House {
                        plot {
                          sheet
                        }
                      }
                    }
                  },
                },
                Flatten(path: "house.plot") {
                  Fetch(service: "taxes") {
                    {
                      ... on Plot {
                        __typename
                        sheet
                      }
                    } =>
                    {
                      ... on Plot {
                        tax
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


def test_the_parts_are_merged(assert_plan: AssertPlan) -> None:
    assert_plan(
        SUBGRAPHS,
        "{ house { no plot { area sheet tax } } }",
        """
        QueryPlan {
          Sequence {
            Fetch(service: "houses") {
              {
                house {
                  no
                  street
                }
              }
            },
            Parallel {
              Flatten(path: "house") {
                Fetch(service: "plots") {
                  {
                    ... on House {
                      __typename
                      street
                      no
                    }
                  } =>
                  {
                    ... on House {
                      plot {
                        area
                      }
                    }
                  }
                },
              },
              Sequence {
                Flatten(path: "house") {
                  Fetch(service: "registry") {
                    {
                      ... on House {
                        __typename
                        street
                        no
                      }
                    } =>
                    {
                      ... on House {
                        plot {
                          sheet
                        }
                      }
                    }
                  },
                },
                Flatten(path: "house.plot") {
                  Fetch(service: "taxes") {
                    {
                      ... on Plot {
                        __typename
                        sheet
                      }
                    } =>
                    {
                      ... on Plot {
                        tax
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
