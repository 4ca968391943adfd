"""Reading supergraph SDL of several join versions."""

from __future__ import annotations

import pytest
from graphql import print_schema

from router.supergraph import Supergraph, SupergraphError
from router.supergraph.field_set import print_field_set

PRELUDE = """
schema
  @link(url: "https://specs.apollo.dev/link/v1.0")
  @link(url: "https://specs.apollo.dev/join/v0.3", for: EXECUTION)
  @link(url: "https://specs.apollo.dev/inaccessible/v0.2", for: SECURITY)
  @link(url: "https://specs.apollo.dev/authenticated/v0.1", for: SECURITY)
  @link(
    url: "https://specs.apollo.dev/requiresScopes/v0.1"
    import: [{ name: "@requiresScopes", as: "@needs" }]
    for: SECURITY
  )
{ query: Query }

directive @join__graph(name: String!, url: String!) on ENUM_VALUE
directive @inaccessible on FIELD_DEFINITION | OBJECT | ENUM_VALUE | ARGUMENT_DEFINITION
directive @mine(x: Int) on FIELD
scalar join__FieldSet
enum join__Graph {
  A_1_ @join__graph(name: "a-1", url: "http://a")
  B @join__graph(name: "b", url: "http://b")
}
enum link__Purpose { SECURITY EXECUTION }
"""

JOINED = (
    PRELUDE
    + """
type Query @join__type(graph: A_1_) @join__type(graph: B) {
  user(id: ID!, hidden: Int = 1 @inaccessible): User @join__field(graph: A_1_)
  found: [Found!]! @join__field(graph: B, provides: "... on User { name }")
}

union Found
  @join__type(graph: A_1_)
  @join__type(graph: B)
  @join__unionMember(graph: B, member: "User")
  @join__unionMember(graph: B, member: "Secret") = User | Secret

"A person."
type User
  @join__type(graph: A_1_, key: "id")
  @join__type(graph: A_1_, key: "org { id }", resolvable: false)
  @join__type(graph: B, key: "id", extension: true)
  @authenticated
{
  id: ID!
  org: Org @join__field(graph: A_1_)
  name: String @join__field(graph: A_1_, type: "String!") @join__field(graph: B, external: true)
  mood: Mood @join__field(graph: B, requires: "name org { id }") @needs(scopes: [["a"], ["b", "c"]])
}

type Org @join__type(graph: A_1_) { id: ID! }
type Secret @join__type(graph: B) @inaccessible { x: Int }
enum Mood @join__type(graph: B) { GOOD BAD @inaccessible @join__enumValue(graph: B) }
"""
)


def test_subgraphs_go_by_their_real_names() -> None:
    assert Supergraph.from_sdl(JOINED).subgraphs == {"a-1": "http://a", "b": "http://b"}


def test_keys_fields_and_members() -> None:
    supergraph = Supergraph.from_sdl(JOINED)
    user = supergraph.types["User"]
    keys = [(print_field_set(key.fields), key.resolvable) for key in user.joins["a-1"].keys]
    assert keys == [("id", True), ("org { id }", False)]
    assert user.joins["b"].extension
    assert list(user.fields["id"].joins) == ["a-1", "b"]
    assert user.fields["name"].joins["b"].external
    assert print_field_set(user.fields["mood"].joins["b"].requires) == "name org { id }"
    assert supergraph.types["Found"].members == {"b": frozenset({"User", "Secret"})}
    provides = supergraph.types["Query"].fields["found"].joins["b"].provides
    assert print_field_set(provides) == "... on User { name }"


def test_api_schema_has_nothing_hidden_and_nothing_of_join() -> None:
    assert print_schema(Supergraph.from_sdl(JOINED).api_schema) == (
        '''directive @mine(x: Int) on FIELD

type Query {
  user(id: ID!): User
  found: [Found!]!
}

union Found = User

"""A person."""
type User {
  id: ID!
  org: Org
  name: String
  mood: Mood
}

type Org {
  id: ID!
}

enum Mood {
  GOOD
}'''
    )


def test_authorization_joins_field_parent_and_return_type() -> None:
    demanded = Supergraph.from_sdl(JOINED).authorization
    assert demanded["Query", "user"].authenticated
    assert demanded["User", "id"].authenticated
    assert demanded["User", "mood"].scopes == (frozenset({"a"}), frozenset({"b", "c"}))
    assert ("Query", "found") not in demanded
    assert ("Org", "id") not in demanded


def test_join_v0_1_owners_and_value_types() -> None:
    supergraph = Supergraph.from_sdl(
        """
        schema
          @core(feature: "https://specs.apollo.dev/core/v0.1")
          @core(feature: "https://specs.apollo.dev/join/v0.1")
        { query: Query }
        directive @core(feature: String!) repeatable on SCHEMA
        directive @join__owner(graph: join__Graph!) on OBJECT
        scalar join__FieldSet
        enum join__Graph {
          ACCOUNTS @join__graph(name: "accounts" url: "http://x")
          REVIEWS @join__graph(name: "reviews" url: "http://y")
        }
        type Query { me: User @join__field(graph: ACCOUNTS) }
        type User
          @join__owner(graph: ACCOUNTS)
          @join__type(graph: ACCOUNTS, key: "id")
          @join__type(graph: REVIEWS, key: "id")
        {
          id: ID! @join__field(graph: ACCOUNTS)
          name: String @join__field(graph: ACCOUNTS)
          size: Size
          reviews: [Int] @join__field(graph: REVIEWS)
        }
        type Size { cm: Int }
        """
    )
    user = supergraph.types["User"]
    assert {name: list(field.joins) for name, field in user.fields.items()} == {
        "id": ["accounts", "reviews"],
        "name": ["accounts"],
        "size": ["accounts"],
        "reviews": ["reviews"],
    }
    assert list(supergraph.types["Size"].joins) == ["accounts", "reviews"]
    assert "join__Graph" not in supergraph.api_schema.type_map


@pytest.mark.parametrize(
    ("sdl", "message"),
    [
        ("type Query { a: Int }", "links no join specification"),
        ("type Query {", "cannot be read"),
        (PRELUDE + "type Query @join__type(graph: C) { a: Int }", "C is not a value of join__Graph"),
        (PRELUDE + 'type Query @join__type(graph: B, key: "nope") { a: Int }', r"Unknown field Query\.nope"),
    ],
)
def test_what_is_no_supergraph_is_refused(sdl: str, message: str) -> None:
    with pytest.raises(SupergraphError, match=message):
        Supergraph.from_sdl(sdl)
