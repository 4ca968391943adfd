"""Contexts: an argument takes its value from the nearest object above that sets the context."""

from __future__ import annotations

import pytest

from router.planner import UnsatisfiableError
from tests.router.planner.conftest import AssertPlan, MakePlan

SUBGRAPHS = {
    "a": """
        type Query { shops: [Shop] places: [Place] found: [Found] }
        type Shop @key(fields: "id") @context(name: "shop") {
          id: ID!
          currency: String
          locale: String @external
          tax: Tax
          products: [Product]
          best: Offer
          branch: Shop
        }
        type Tax { zone: String }
        type Offer @context(name: "shop") {
          label: String
          currency: String
          locale: String
          tax: Tax
          product: Product
        }
        type Product @key(fields: "id") {
          id: ID!
          name: String
          price(in: String @fromContext(field: "$shop { currency }")): String
          text(
            length: String
            in: String @fromContext(field: "$shop { locale }")
            for: String @fromContext(field: "$shop { currency }")
          ): String
          duty(in: String @fromContext(field: "$shop { tax { zone } }")): String
          related: [Product]
        }
        interface Place { id: ID! sights: [Sight] }
        type Town implements Place @context(name: "place") { id: ID! code: String sights: [Sight] }
        type Village implements Place @context(name: "place") { id: ID! county: County sights: [Sight] }
        type County { code: String }
        type Sight @key(fields: "id") {
          id: ID!
          address(
            code: String @fromContext(field: "$place ... on Town { code } ... on Village { county { code } }")
          ): String
        }
        union Found @context(name: "found") = Street | Square
        type Street { id: ID! name: String lamp: Lamp }
        type Square { id: ID! name: String lamp: Lamp }
        type Lamp @key(fields: "id") {
          id: ID!
          label(prefix: String @fromContext(field: "$found ... on Street { name } ... on Square { name }")): String
        }
    """,
    "b": """
        type Shop @key(fields: "id") { id: ID! locale: String }
        type Product @key(fields: "id") { id: ID! rating: String weight: String }
    """,
}


def test_the_value_is_fetched_first_and_equal_values_share_a_variable(assert_plan: AssertPlan) -> None:
    assert_plan(
        SUBGRAPHS,
        '{ shops { id products { price text(length: "3") rating } } }',
        """
        QueryPlan {
          Sequence {
            Fetch(service: "a") {
              {
                shops {
                  id
                  products {
                    id
                  }
                  currency
                }
              }
            },
            Batch(service: "b") {
              Flatten(path: "shops.@") {
                {
                  ... on Shop {
                    __typename
                    id
                  }
                } =>
                {
                  ... on Shop {
                    locale
                  }
                }
              },
              Flatten(path: "shops.@.products.@") {
                {
                  ... on Product {
                    __typename
                    id
                  }
                } =>
                {
                  ... on Product {
                    rating
                  }
                }
              },
            },
            Flatten(path: "shops.@.products.@", $_c0: ^2 { currency }, $_c1: ^2 { locale }) {
              Fetch(service: "a") {
                {
                  ... on Product {
                    __typename
                    id
                  }
                } =>
                {
                  ... on Product {
                    price(in: $_c0)
                    text(length: "3", in: $_c1, for: $_c0)
                  }
                }
              },
            },
          },
        }
        """,
    )


def test_each_type_sets_the_context_in_its_own_way(assert_plan: AssertPlan) -> None:
    assert_plan(
        SUBGRAPHS,
        "{ places { sights { address } } }",
        """
        QueryPlan {
          Sequence {
            Fetch(service: "a") {
              {
                places {
                  __typename
                  sights {
                    id
                  }
                  ... on Town {
                    code
                  }
                  ... on Village {
                    county {
                      code
                    }
                  }
                }
              }
            },
            Flatten(path: "places.@.sights.@", $_c0: ^2 { ... on Town { code } ... on Village { county { code } } }) {
              Fetch(service: "a") {
                {
                  ... on Sight {
                    __typename
                    id
                  }
                } =>
                {
                  ... on Sight {
                    address(code: $_c0)
                  }
                }
              },
            },
          },
        }
        """,
    )


MIXED_SUBGRAPHS = {
    "a": """
        type Query { region: Region }
        type Region @context(name: "zone") { zone: String stops: [Stop] }
        interface Stop { bus: Bus }
        type Station implements Stop @context(name: "zone") { zone: String bus: Bus }
        type Halt implements Stop { bus: Bus }
        type Bus @key(fields: "id") { id: ID! fare(in: String @fromContext(field: "$zone { zone }")): String }
    """,
}


def test_where_a_type_sets_nothing_the_next_object_above_does(assert_plan: AssertPlan) -> None:
    assert_plan(
        MIXED_SUBGRAPHS,
        "query($f: Boolean!) { region { stops { bus @include(if: $f) { fare } } } }",
        """
        QueryPlan {
          Sequence {
            Fetch(service: "a") {
              {
                region {
                  stops {
                    __typename
                    bus @include(if: $f) {
                      id
                    }
                    ... on Station {
                      zone @include(if: $f)
                    }
                  }
                  zone @include(if: $f)
                }
              }
            },
            Flatten(path: "region.stops.@.bus", $_c0: ^1 { ... on Station { zone } } or ^3 { zone }) {
              Fetch(service: "a") {
                {
                  ... on Bus {
                    __typename
                    id
                  }
                } =>
                {
                  ... on Bus {
                    fare(in: $_c0)
                  }
                }
              },
            },
          },
        }
        """,
    )


UNSET = """
    schema
      @link(url: "https://specs.apollo.dev/link/v1.0")
      @link(url: "https://specs.apollo.dev/join/v0.5", for: EXECUTION)
      @link(url: "https://specs.apollo.dev/context/v0.1", for: SECURITY)
    { query: Query }
    enum join__Graph { A @join__graph(name: "a", url: "http://a") }
    type Query @join__type(graph: A) { shop: Shop product: Product }
    type Shop @join__type(graph: A) @context(name: "a__shop") { currency: String product: Product }
    type Product @join__type(graph: A, key: "id") {
      id: ID!
      price: String @join__field(graph: A, contextArguments: [
        { context: "a__shop", name: "in", type: "String", selection: " { currency }" }
      ])
    }
"""


def test_a_field_below_nothing_that_sets_its_context_cannot_be_reached(make_plan: MakePlan) -> None:
    assert make_plan({"supergraph": UNSET}, "{ shop { product { price } } }").node is not None
    with pytest.raises(UnsatisfiableError, match=r"at product resolves Product\.price"):
        make_plan({"supergraph": UNSET}, "{ product { price } }")
