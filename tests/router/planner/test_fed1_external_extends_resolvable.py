"""Federation 1: external key fields of an extension are resolvable there, also those that nobody else defines."""

from __future__ import annotations

from tests.router.planner.conftest import AssertPlan

SUBGRAPHS = {
    "machines": """
        # Federation 1
        type Query { gadget: Gadget }
        type Gadget @key(fields: "model maker { code }") { model: ID! maker: Maker name: String }
        type Maker { code: ID! }
    """,
    "stock": """
        # Federation 1
        extend type Gadget @key(fields: "model maker { code }") @key(fields: "barcode") {
          model: ID! @external
          maker: Maker @external
          barcode: ID! @external
          amount: Int
        }
        extend type Maker { code: ID! @external }
    """,
    "prices": """
        # Federation 1
        extend type Gadget @key(fields: "barcode") { barcode: ID! @external price: Int }
    """,
}


def test_one_key_is_entered_to_read_the_other(assert_plan: AssertPlan) -> None:
    assert_plan(
        SUBGRAPHS,
        "{ gadget { name price } }",
        """
        QueryPlan {
          Sequence {
            Fetch(service: "machines") {
              {
                gadget {
                  name
                  model
                  maker {
                    code
                  }
                }
              }
            },
            Flatten(path: "gadget") {
              Fetch(service: "stock") {
                {
                  ... on Gadget {
                    __typename
                    model
                    maker {
                      code
                    }
                  }
                } =>
                {
                  ... on Gadget {
                    barcode
                  }
                }
              },
            },
            Flatten(path: "gadget") {
              Fetch(service: "prices") {
                {
                  ... on Gadget {
                    __typename
                    barcode
                  }
                } =>
                {
                  ... on Gadget {
                    price
                  }
                }
              },
            },
          },
        }
        """,
    )


def test_the_key_itself_is_asked_for(assert_plan: AssertPlan) -> None:
    assert_plan(
        SUBGRAPHS,
        "{ gadget { barcode amount } }",
        """
        QueryPlan {
          Sequence {
            Fetch(service: "machines") {
              {
                gadget {
                  model
                  maker {
                    code
                  }
                }
              }
            },
            Flatten(path: "gadget") {
              Fetch(service: "stock") {
                {
                  ... on Gadget {
                    __typename
                    model
                    maker {
                      code
                    }
                  }
                } =>
                {
                  ... on Gadget {
                    barcode
                    amount
                  }
                }
              },
            },
          },
        }
        """,
    )
