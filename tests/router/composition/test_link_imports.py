"""Names that a subgraph gives to what it links."""

from __future__ import annotations

from tests.router.composition.harness import rejected, supergraph

URL = "https://specs.apollo.dev/federation/v2.9"


def test_two_elements_cannot_share_a_name() -> None:
    error = rejected(
        "INVALID_LINK_DIRECTIVE_USAGE",
        a=f'extend schema @link(url: "{URL}", import: [{{name: "@key", as: "@tag"}}, "@tag"]) type Query {{ a: Int }}',
    )
    assert '"@key" and "@tag"' in error.message


def test_one_element_may_be_imported_twice() -> None:
    supergraph(a=f'extend schema @link(url: "{URL}", import: ["@key", "@key"]) type Query {{ a: Int }}')


def test_a_scalar_may_be_redefined_as_a_type_whose_values_are_checked() -> None:
    """``FieldSet`` is the subgraph's own input object here, and a string is none."""
    error = rejected(
        "INVALID_GRAPHQL",
        a=f"""
        extend schema @link(url: "{URL}", import: ["@key"])
        directive @key(fields: FieldSet!, resolvable: Boolean = true) repeatable on OBJECT | INTERFACE
        input FieldSet {{ fields: [String!]! }}
        type Query {{ user: User }}
        type User @key(fields: "id") {{ id: ID! }}
        """,
    )
    assert "@key(fields:)" in error.message


def test_a_required_argument_takes_values_of_its_type() -> None:
    error = rejected(
        "REQUIRES_INVALID_FIELDS",
        a="""
        enum Unit { G KG }
        input Scale { unit: Unit! digits: Int = 2 }
        type Query { t: T }
        type T @key(fields: "id") {
          id: ID!
          weight(scale: [Scale!]): Int @external
          fine: Int @requires(fields: "weight(scale: {unit: G})")
          also: Int @requires(fields: "weight(scale: [{unit: KG, digits: 3}, {unit: G}])")
          bad: Int @requires(fields: "weight(scale: {unit: LB})")
        }
        """,
        b="""
        enum Unit { G KG }
        input Scale { unit: Unit! digits: Int = 2 }
        type T @key(fields: "id") { id: ID! weight(scale: [Scale!]): Int }
        """,
    )
    assert error.coordinates == ("T.bad",)
    assert 'is no value for argument "T.weight(scale:)"' in error.message
