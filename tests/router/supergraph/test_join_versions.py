"""A supergraph of any join version, whoever wrote it, is served as ours of the same subgraphs is.

Each version is written by hand as its specification lets a composer write it, and compared with what we compose:
random operations have the same plans, and the answers of one schema over all subgraphs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import pytest
from graphql import lexicographic_sort_schema, parse, print_schema, validate

from router.executor import RequestContext, compile_plan
from router.planner import Planner
from router.query_plan import print_plan
from router.supergraph import Supergraph
from tests.router.planner.conftest import read
from tests.router.planner.oracle import OneSchema, Operations, Subgraph, World

OPERATIONS = 10

FEDERATION_1 = {
    "accounts": """# Federation 1
        type Query { me: User }
        type User @key(fields: "id") @key(fields: "email") { id: ID! email: String! name: String }
    """,
    "products": """# Federation 1
        type Query { products: [Product!]! top: Item found: [Found] }
        interface Item { id: ID! }
        type Product implements Item @key(fields: "id") { id: ID! name: String! size: Size weight: Int kind: Kind }
        type Service implements Item @key(fields: "id") { id: ID! hours: Int }
        union Found = Product | Service
        type Size { cm: Int! }
        enum Kind { BIG SMALL }
    """,
    "reviews": """# Federation 1
        type Review { id: ID! body: String author: User @provides(fields: "name") product: Product }
        type Size { cm: Int! }
        type Query { newest(first: Int = 3): [Review!] }
        extend type User @key(fields: "id") { id: ID! @external name: String @external reviews: [Review!] }
        extend type Product @key(fields: "id") {
          id: ID! @external
          weight: Int @external
          shipping: Int @requires(fields: "weight")
          reviews: [Review!]!
        }
    """,
}

V0_1 = """
schema
  @core(feature: "https://specs.apollo.dev/core/v0.1")
  @core(feature: "https://specs.apollo.dev/join/v0.1")
{ query: Query }
directive @core(feature: String!) repeatable on SCHEMA
directive @join__field(graph: join__Graph, requires: join__FieldSet, provides: join__FieldSet) on FIELD_DEFINITION
directive @join__type(graph: join__Graph!, key: join__FieldSet) repeatable on OBJECT | INTERFACE
directive @join__owner(graph: join__Graph!) on OBJECT | INTERFACE
directive @join__graph(name: String!, url: String!) on ENUM_VALUE
scalar join__FieldSet
enum join__Graph {
  ACCOUNTS @join__graph(name: "accounts" url: "http://accounts")
  PRODUCTS @join__graph(name: "products" url: "http://products")
  REVIEWS @join__graph(name: "reviews" url: "http://reviews")
}
type Query {
  me: User @join__field(graph: ACCOUNTS)
  products: [Product!]! @join__field(graph: PRODUCTS)
  top: Item @join__field(graph: PRODUCTS)
  found: [Found] @join__field(graph: PRODUCTS)
  newest(first: Int = 3): [Review!] @join__field(graph: REVIEWS)
}
interface Item { id: ID! }
union Found = Product | Service
enum Kind { BIG SMALL }
type Size { cm: Int! }
type Review {
  id: ID!
  body: String
  author: User @join__field(graph: REVIEWS, provides: "name")
  product: Product
}
type User
  @join__owner(graph: ACCOUNTS)
  @join__type(graph: ACCOUNTS, key: "id")
  @join__type(graph: ACCOUNTS, key: "email")
  @join__type(graph: REVIEWS, key: "id")
{
  id: ID! @join__field(graph: ACCOUNTS)
  email: String! @join__field(graph: ACCOUNTS)
  name: String @join__field(graph: ACCOUNTS)
  reviews: [Review!] @join__field(graph: REVIEWS)
}
type Product implements Item
  @join__owner(graph: PRODUCTS)
  @join__type(graph: PRODUCTS, key: "id")
  @join__type(graph: REVIEWS, key: "id")
{
  id: ID! @join__field(graph: PRODUCTS)
  name: String! @join__field(graph: PRODUCTS)
  size: Size @join__field(graph: PRODUCTS)
  weight: Int @join__field(graph: PRODUCTS)
  kind: Kind @join__field(graph: PRODUCTS)
  shipping: Int @join__field(graph: REVIEWS, requires: "weight")
  reviews: [Review!]! @join__field(graph: REVIEWS)
}
type Service implements Item @join__owner(graph: PRODUCTS) @join__type(graph: PRODUCTS, key: "id") {
  id: ID! @join__field(graph: PRODUCTS)
  hours: Int @join__field(graph: PRODUCTS)
}
"""

FEDERATION_2 = {
    "accounts": """
        type Query { me: User }
        type User @key(fields: "id") @key(fields: "org { id } number") {
          id: ID! name: String @shareable org: Org! @shareable number: Int! @shareable nick: String
        }
        type Org { id: ID! @shareable }
    """,
    "products": """
        type Query { products: [Product!]! top: Item found: [Found] }
        interface Item { id: ID! }
        type Product implements Item @key(fields: "id") {
          id: ID! name: String! size: Size @shareable weight: Int kind: Kind!
        }
        type Service implements Item @key(fields: "id") { id: ID! hours: Int }
        union Found = Product | Service
        type Size @shareable { cm: Int! }
        enum Kind { BIG SMALL }
    """,
    "reviews-2": """
        type Query { newest(first: Int = 3): [Review!] }
        type Review { id: ID! body: String author: User @provides(fields: "name") product: Product }
        type User @key(fields: "id", resolvable: false) @key(fields: "org { id } number") {
          id: ID! name: String @external org: Org! @shareable number: Int! @shareable reviews: [Review!]
          nick: String @override(from: "accounts")
        }
        type Org { id: ID! @shareable }
        type Product @key(fields: "id") {
          id: ID! weight: Int @external shipping: Int @requires(fields: "weight") reviews: [Review!]!
          size: Size @shareable
        }
        type Size @shareable { cm: Int }
    """,
}

V0_2 = """
schema
  @core(feature: "https://specs.apollo.dev/core/v0.2")
  @core(feature: "https://specs.apollo.dev/join/v0.2", for: EXECUTION)
{ query: Query }
directive @core(feature: String!, as: String, for: core__Purpose) repeatable on SCHEMA
directive @join__field(
  graph: join__Graph!, requires: join__FieldSet, provides: join__FieldSet, type: String, external: Boolean,
  override: String, usedOverridden: Boolean
) repeatable on FIELD_DEFINITION | INPUT_FIELD_DEFINITION
directive @join__graph(name: String!, url: String!) on ENUM_VALUE
directive @join__implements(graph: join__Graph!, interface: String!) repeatable on OBJECT | INTERFACE
directive @join__type(
  graph: join__Graph!, key: join__FieldSet, extension: Boolean! = false, resolvable: Boolean! = true
) repeatable on OBJECT | INTERFACE | UNION | ENUM | INPUT_OBJECT | SCALAR
enum core__Purpose { EXECUTION SECURITY }
scalar join__FieldSet
enum join__Graph {
  ACCOUNTS @join__graph(name: "accounts", url: "http://accounts")
  PRODUCTS @join__graph(name: "products", url: "http://products")
  REVIEWS_2 @join__graph(name: "reviews-2", url: "http://reviews-2")
}
enum Kind @join__type(graph: PRODUCTS) { BIG SMALL }
interface Item @join__type(graph: PRODUCTS) { id: ID! }
union Found @join__type(graph: PRODUCTS) = Product | Service
type Org @join__type(graph: ACCOUNTS) @join__type(graph: REVIEWS_2) { id: ID! }
type Product implements Item
  @join__implements(graph: PRODUCTS, interface: "Item")
  @join__type(graph: PRODUCTS, key: "id")
  @join__type(graph: REVIEWS_2, key: "id")
{
  id: ID!
  name: String! @join__field(graph: PRODUCTS)
  size: Size
  weight: Int @join__field(graph: PRODUCTS) @join__field(graph: REVIEWS_2, external: true)
  kind: Kind! @join__field(graph: PRODUCTS)
  shipping: Int @join__field(graph: REVIEWS_2, requires: "weight")
  reviews: [Review!]! @join__field(graph: REVIEWS_2)
}
type Query @join__type(graph: ACCOUNTS) @join__type(graph: PRODUCTS) @join__type(graph: REVIEWS_2) {
  me: User @join__field(graph: ACCOUNTS)
  products: [Product!]! @join__field(graph: PRODUCTS)
  top: Item @join__field(graph: PRODUCTS)
  found: [Found] @join__field(graph: PRODUCTS)
  newest(first: Int = 3): [Review!] @join__field(graph: REVIEWS_2)
}
type Review @join__type(graph: REVIEWS_2) {
  id: ID!
  body: String
  author: User @join__field(graph: REVIEWS_2, provides: "name")
  product: Product
}
type Service implements Item
  @join__implements(graph: PRODUCTS, interface: "Item")
  @join__type(graph: PRODUCTS, key: "id")
{
  id: ID!
  hours: Int
}
type Size @join__type(graph: PRODUCTS) @join__type(graph: REVIEWS_2) {
  cm: Int @join__field(graph: PRODUCTS, type: "Int!") @join__field(graph: REVIEWS_2, type: "Int")
}
type User
  @join__type(graph: ACCOUNTS, key: "id")
  @join__type(graph: ACCOUNTS, key: "org { id } number")
  @join__type(graph: REVIEWS_2, key: "id", resolvable: false)
  @join__type(graph: REVIEWS_2, key: "org { id } number")
{
  id: ID!
  name: String @join__field(graph: ACCOUNTS) @join__field(graph: REVIEWS_2, external: true)
  org: Org!
  number: Int!
  nick: String @join__field(graph: REVIEWS_2, override: "accounts")
  reviews: [Review!] @join__field(graph: REVIEWS_2)
}
"""

_LINK_DEFINITIONS = """
directive @link(url: String, as: String, for: link__Purpose, import: [link__Import]) repeatable on SCHEMA
scalar link__Import
enum link__Purpose { EXECUTION SECURITY }
"""


def linked(version: str, sdl: str, more: str = "") -> str:
    """The supergraph of join v0.2 as a later version writes it, by ``@link`` instead of ``@core``."""
    _, _, rest = sdl.partition("{ query: Query }")
    head = (
        'schema @link(url: "https://specs.apollo.dev/link/v1.0")'
        f' @link(url: "https://specs.apollo.dev/join/{version}", for: EXECUTION) {{ query: Query }}'
    )
    rest = re.sub(r"directive @core.*?on SCHEMA|enum core__Purpose \{.*?\}", "", rest, flags=re.DOTALL)
    return head + _LINK_DEFINITIONS + more + rest


def with_every_membership(sdl: str) -> str:
    """From v0.3 on, union members and enum values say where they are, and a field's graph may be left out."""
    members = (
        '@join__unionMember(graph: PRODUCTS, member: "Product") @join__unionMember(graph: PRODUCTS, member: "Service")'
    )
    return (
        sdl.replace("union Found @join__type(graph: PRODUCTS)", f"union Found @join__type(graph: PRODUCTS) {members}")
        .replace("{ BIG SMALL }", "{ BIG @join__enumValue(graph: PRODUCTS) SMALL @join__enumValue(graph: PRODUCTS) }")
        .replace("graph: join__Graph!, requires", "graph: join__Graph, requires")
        .replace("resolvable: Boolean! = true\n", "resolvable: Boolean! = true, isInterfaceObject: Boolean! = false\n")
    )


V0_3 = linked(
    "v0.3",
    with_every_membership(V0_2),
    "directive @join__unionMember(graph: join__Graph!, member: String!) repeatable on UNION\n"
    "directive @join__enumValue(graph: join__Graph!) repeatable on ENUM_VALUE\n",
)

PROGRESSIVE = {
    name: sdl.replace('from: "accounts"', 'from: "accounts", label: "percent(40)"')
    for name, sdl in FEDERATION_2.items()
}
V0_4 = linked(
    "v0.4",
    with_every_membership(V0_2)
    .replace("usedOverridden: Boolean", "usedOverridden: Boolean, overrideLabel: String")
    .replace(
        'nick: String @join__field(graph: REVIEWS_2, override: "accounts")',
        'nick: String @join__field(graph: ACCOUNTS, overrideLabel: "percent(40)")'
        ' @join__field(graph: REVIEWS_2, override: "accounts", overrideLabel: "percent(40)")',
    )
    .replace(
        "type Review @join__type",
        'type Review @join__directive(graphs: [REVIEWS_2], name: "federation__tag", args: {format: "r"}) @join__type',
    ),
    "directive @join__directive(graphs: [join__Graph!], name: String!, args: join__DirectiveArguments)"
    " repeatable on SCHEMA | OBJECT | INTERFACE | FIELD_DEFINITION\nscalar join__DirectiveArguments\n",
)

CONTEXTUAL = {
    **FEDERATION_2,
    "reviews-2": FEDERATION_2["reviews-2"].replace("type Review {", 'type Review @context(name: "review") { note: Note')
    + """
    type Note @key(fields: "id") { id: ID! stars(of: String @fromContext(field: "$review { body }")): Int }
    """,
}
V0_5 = linked(
    "v0.5",
    with_every_membership(V0_2)
    .replace("usedOverridden: Boolean", "usedOverridden: Boolean, contextArguments: [join__ContextArgument!]")
    .replace(
        "type Review @join__type(graph: REVIEWS_2) {",
        'type Review @context(name: "reviews_2__review") @join__type(graph: REVIEWS_2) {\n  note: Note',
    ),
    "input join__ContextArgument { name: String! type: String! context: String! selection: join__FieldValue! }\n"
    "scalar join__FieldValue\ndirective @context(name: String!) repeatable on INTERFACE | OBJECT | UNION\n"
    "directive @context__fromContext(field: context__ContextFieldValue) on ARGUMENT_DEFINITION\n"
    "scalar context__ContextFieldValue\n"
    'type Note @join__type(graph: REVIEWS_2, key: "id") {\n  id: ID!\n  stars: Int @join__field(graph: REVIEWS_2,'
    ' contextArguments: [{context: "reviews_2__review", name: "of", type: "String", selection: "{ body }"}])\n}\n',
).replace("for: EXECUTION) {", 'for: EXECUTION) @link(url: "https://specs.apollo.dev/context/v0.1", for: SECURITY) {')

VERSIONS = {
    "v0.1": (FEDERATION_1, V0_1),
    "v0.2": (FEDERATION_2, V0_2),
    "v0.2 by link": (FEDERATION_2, linked("v0.2", V0_2)),
    "v0.3": (FEDERATION_2, V0_3),
    "v0.4": (PROGRESSIVE, V0_4),
    "v0.5": (CONTEXTUAL, V0_5),
}
each_version = pytest.mark.parametrize(("subgraphs", "sdl"), VERSIONS.values(), ids=VERSIONS)


def drawn(supergraph: Supergraph) -> Iterator[tuple[str, Mapping[str, bool]]]:
    """Random operations that are not too large: the types refer to each other."""
    count, seed = 0, 0
    while count < OPERATIONS:
        operations = Operations(supergraph.api_schema, seed)
        text, seed = operations.query(), seed + 1
        if len(text) < 1200:
            count += 1
            yield text, operations.variables


@each_version
def test_same_schema(subgraphs: Mapping[str, str], sdl: str) -> None:
    ours, theirs = read(subgraphs), Supergraph.from_sdl(sdl)
    assert print_schema(lexicographic_sort_schema(theirs.api_schema)) == print_schema(
        lexicographic_sort_schema(ours.api_schema)
    )
    assert theirs.subgraphs == ours.subgraphs


@each_version
def test_same_plans(subgraphs: Mapping[str, str], sdl: str) -> None:
    ours, theirs = read(subgraphs), Supergraph.from_sdl(sdl)
    for labels in (frozenset[str](), frozenset(("percent(40)",))):
        our_planner, their_planner = Planner(ours, override_labels=labels), Planner(theirs, override_labels=labels)
        for operation, _ in drawn(ours):
            document = parse(operation)
            assert validate(theirs.api_schema, document) == []
            assert print_plan(their_planner.plan(document)) == print_plan(our_planner.plan(document))


@each_version
async def test_same_answers(subgraphs: Mapping[str, str], sdl: str) -> None:
    supergraph = Supergraph.from_sdl(sdl)
    world = World(read(subgraphs))
    one, planner = OneSchema(world), Planner(supergraph)
    transports = {name: Subgraph(world, name, text) for name, text in subgraphs.items()}
    for operation, variables in drawn(supergraph):
        executable = compile_plan(planner.plan(parse(operation)), supergraph.api_schema)
        response = await executable.execute(RequestContext(transports, variables))
        assert response.errors == []
        assert response.data == one.execute(operation, variables)
