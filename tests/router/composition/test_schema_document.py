"""The supergraph that composition checks is the one it prints."""

from __future__ import annotations

from dataclasses import replace

import pytest
from graphql import DocumentNode, StringValueNode, Visitor, parse, print_ast, visit

from router.composition.merge.merge import merge_subgraphs
from router.composition.merge.supergraph_text import write_supergraph
from router.composition.subgraph.read import read_subgraph
from router.composition.subgraph.subgraph import Subgraph, SubgraphSource
from tests.router.composition.harness import FEDERATION

EVERYTHING = '''
"""
The schema.
"""
schema @link(url: "https://example.com/marks/v1.0", import: ["@mark"]) @composeDirective(name: "@mark") {
  query: Query
  mutation: Mutation
}
directive @mark(
  "A number." number: Int = 3, texts: [String!] = ["a", "\\"b\\"\\n"], deep: Deep = {a: [1, 2], e: UP, f: 1.5, n: null}
) repeatable on FIELD_DEFINITION | OBJECT | ENUM_VALUE | ARGUMENT_DEFINITION
directive @run(fast: Boolean! = true) on FIELD | QUERY
scalar Date @specifiedBy(url: "https://example.com/date")
enum Size { "Big." UP DOWN @deprecated(reason: "no \\t reason") }
input Deep { a: [Int!]! = [1], e: Size, f: Float = 1e30, n: Deep @tag(name: "x") }
interface Named { name(upper: Boolean = false): String! }
"Odd: \\"\\"\\" and a tab\\t."
type Product implements Named @key(fields: "id") @key(fields: "code { de }") @mark(number: 4) {
  id: ID!
  code: Code @shareable
  name(upper: Boolean = false @mark): String! @cost(weight: 3)
  list(first: Int): [[Product!]]! @listSize(slicingArguments: ["first"]) @requiresScopes(scopes: [["a", "b"], ["c"]])
}
type Code { de: String @inaccessible, en: String }
union Thing = Product | Code
type Query { things: [Thing] @authenticated }
type Mutation { set(deep: Deep! = {a: []}): Date @policy(policies: [["p"]]) }
'''


@pytest.mark.parametrize("sdl", [EVERYTHING, "type Query { a: Int }"], ids=["everything", "one field"])
def test_the_document_is_what_the_printed_text_says(sdl: str) -> None:
    read = read_subgraph(SubgraphSource("a-b", "http://a/?q=1", f"{FEDERATION}\n{sdl}"))
    assert isinstance(read, Subgraph), read
    merged = merge_subgraphs([read])
    assert merged.errors == []
    written = write_supergraph(merged)
    assert print_ast(_unquoted(written.document())) == print_ast(_unquoted(parse(written.sdl(), no_location=True)))


def _unquoted(document: DocumentNode) -> DocumentNode:
    """How a string is quoted does not matter."""

    class Unquote(Visitor):
        def enter_string_value(self, node: StringValueNode, *_: object) -> StringValueNode:
            return replace(node, block=False)

    unquoted: DocumentNode = visit(document, Unquote())
    return unquoted
