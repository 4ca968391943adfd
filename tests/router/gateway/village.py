"""A supergraph of two tiny subgraphs, written with graphql-core alone: people, and the notes they wrote."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import orjson
from graphql import GraphQLError, GraphQLSchema, build_schema, graphql
from starlette.types import Receive, Scope, Send

from router.executor import AsgiTransport

SUPERGRAPH = """
schema
  @link(url: "https://specs.apollo.dev/link/v1.0")
  @link(url: "https://specs.apollo.dev/join/v0.3", for: EXECUTION)
  @link(url: "https://specs.apollo.dev/authenticated/v0.1", for: SECURITY)
  @link(url: "https://specs.apollo.dev/requiresScopes/v0.1", for: SECURITY)
  @link(url: "https://specs.apollo.dev/policy/v0.1", for: SECURITY)
{ query: Query mutation: Mutation subscription: Subscription }

directive @link(url: String, as: String, for: link__Purpose, import: [link__Import]) repeatable on SCHEMA
directive @join__graph(name: String!, url: String!) on ENUM_VALUE
directive @join__type(graph: join__Graph!, key: join__FieldSet, extension: Boolean! = false,
  resolvable: Boolean! = true, isInterfaceObject: Boolean! = false) repeatable
  on OBJECT | INTERFACE | UNION | ENUM | INPUT_OBJECT | SCALAR
directive @join__field(graph: join__Graph, requires: join__FieldSet, provides: join__FieldSet, type: String,
  external: Boolean, override: String, usedOverridden: Boolean) repeatable
  on FIELD_DEFINITION | INPUT_FIELD_DEFINITION
directive @join__enumValue(graph: join__Graph!) repeatable on ENUM_VALUE
directive @authenticated on FIELD_DEFINITION | OBJECT | INTERFACE | SCALAR | ENUM
directive @requiresScopes(scopes: [[requiresScopes__Scope!]!]!) on FIELD_DEFINITION | OBJECT | INTERFACE | SCALAR | ENUM
directive @policy(policies: [[policy__Policy!]!]!) on FIELD_DEFINITION | OBJECT | INTERFACE | SCALAR | ENUM

scalar link__Import
enum link__Purpose { SECURITY EXECUTION }
scalar join__FieldSet
scalar requiresScopes__Scope
scalar policy__Policy
enum join__Graph {
  NOTES @join__graph(name: "notes", url: "http://notes.test/graphql")
  PEOPLE @join__graph(name: "people", url: "http://people.test/graphql")
}

scalar JSON @join__type(graph: PEOPLE)

enum Kind @join__type(graph: PEOPLE) {
  ADULT @join__enumValue(graph: PEOPLE)
  CHILD @join__enumValue(graph: PEOPLE)
}

input Filter @join__type(graph: PEOPLE) { kind: Kind = ADULT nameLike: [String!] }

type Query @join__type(graph: NOTES) @join__type(graph: PEOPLE) {
  hello(name: String = "world"): String @join__field(graph: PEOPLE)
  person(id: ID!): Person @join__field(graph: PEOPLE)
  people(where: Filter): [Person!] @join__field(graph: PEOPLE)
  headers: JSON @join__field(graph: PEOPLE)
  echo(json: JSON): JSON @join__field(graph: PEOPLE)
  fails: String @join__field(graph: PEOPLE)
  refuses: String @join__field(graph: PEOPLE)
  vault: Vault @join__field(graph: PEOPLE)
}

type Mutation @join__type(graph: PEOPLE) {
  rename(id: ID!, name: String!): Person @join__field(graph: PEOPLE)
  erase(id: ID!): Boolean @join__field(graph: PEOPLE) @requiresScopes(scopes: [["people:write"]])
}

type Subscription @join__type(graph: PEOPLE) { born: Person @join__field(graph: PEOPLE) }

type Person @join__type(graph: NOTES, key: "id") @join__type(graph: PEOPLE, key: "id") {
  id: ID!
  name: String @join__field(graph: PEOPLE)
  email: String @join__field(graph: PEOPLE) @authenticated
  salary: Int @join__field(graph: PEOPLE) @requiresScopes(scopes: [["salaries:read", "people:read"], ["admin"]])
  diary: String @join__field(graph: PEOPLE) @policy(policies: [["friend"]])
  friend: Person @join__field(graph: PEOPLE)
  notes: [Note!] @join__field(graph: NOTES)
}

type Vault @join__type(graph: PEOPLE) @authenticated { gold: Int }

type Note @join__type(graph: NOTES) { text: String! }
"""

_PEOPLE = """
scalar JSON
scalar _Any
union _Entity = Person
enum Kind { ADULT CHILD }
input Filter { kind: Kind = ADULT nameLike: [String!] }
type Query {
  hello(name: String = "world"): String
  person(id: ID!): Person
  people(where: Filter): [Person!]
  headers: JSON
  echo(json: JSON): JSON
  fails: String
  refuses: String
  vault: Vault
  _entities(representations: [_Any!]!): [_Entity]!
}
type Mutation { rename(id: ID!, name: String!): Person  erase(id: ID!): Boolean }
type Person { id: ID! name: String email: String salary: Int diary: String friend: Person }
type Vault { gold: Int }
"""

_NOTES = """
scalar _Any
union _Entity = Person
type Query { _entities(representations: [_Any!]!): [_Entity]! }
type Person { id: ID! notes: [Note!] }
type Note { text: String! }
"""

_NAMES = {"1": "Ada", "2": "Bob"}


def _person(key: str) -> dict[str, Any]:
    return {
        "__typename": "Person",
        "id": key,
        "name": _NAMES[key],
        "email": f"{_NAMES[key].lower()}@example.org",
        "salary": 1000 * int(key),
        "diary": "Dear diary",
        "friend": lambda _: _person("2" if key == "1" else "1"),
        "notes": [{"text": f"note of {_NAMES[key]}"}],
    }


@cache
def _schema(sdl: str) -> GraphQLSchema:
    return build_schema(sdl)


@dataclass
class Subgraph:
    """An ASGI application that answers GraphQL and remembers what it was asked."""

    sdl: str
    requests: list[dict[str, Any]] = field(default_factory=list)
    headers: list[Mapping[bytes, bytes]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._schema = _schema(self.sdl)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = (await receive())["body"]
        request = orjson.loads(body)
        headers = dict(scope["headers"])
        self.requests.append(request)
        self.headers.append(headers)
        result = await graphql(
            self._schema,
            request["query"],
            root_value=_root(headers),
            variable_values=request.get("variables"),
            operation_name=request.get("operationName"),
        )
        answer = orjson.dumps({**result.formatted, "extensions": {"sql": 1, "private": True, "retryAfterSeconds": 7}})
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
        await send({"type": "http.response.body", "body": answer})


def _root(headers: Mapping[bytes, bytes]) -> dict[str, Any]:
    def fails(_: Any) -> str:
        raise RuntimeError("password=hunter2")

    def refuses(_: Any) -> str:
        raise GraphQLError("Not today.", extensions={"code": "CLOSED", "stacktrace": ["secret"]})

    return {
        "hello": lambda _, name: f"Hello {name}",
        "person": lambda _, id: _person(id) if id in _NAMES else None,
        "people": lambda _, where=None: [_person("1"), _person("2")],
        "headers": {name.decode(): value.decode() for name, value in headers.items()},
        "echo": lambda _, json=None: json,
        "fails": fails,
        "refuses": refuses,
        "vault": {"gold": 7},
        "rename": lambda _, id, name: {**_person(id), "name": name},
        "erase": True,
        "_entities": lambda _, representations: [_person(one["id"]) for one in representations],
    }


class Village:
    """Both subgraphs and the transports that reach them without a network."""

    def __init__(self) -> None:
        self.people = Subgraph(_PEOPLE)
        self.notes = Subgraph(_NOTES)
        self.transports = {"people": AsgiTransport(self.people), "notes": AsgiTransport(self.notes)}

    @property
    def asked(self) -> int:
        """How many requests the subgraphs were sent."""
        return len(self.people.requests) + len(self.notes.requests)
