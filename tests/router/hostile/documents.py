"""GraphQL documents: valid ones of the village, the same with their tokens mixed up, and monsters."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from graphql import GraphQLError, Lexer, Source, TokenKind

__all__ = ["VALID", "Request", "document"]


class Request(NamedTuple):
    """A GraphQL request before anything is wrong with it."""

    query: str
    variables: Mapping[str, Any] = MappingProxyType({})
    name: str | None = None


VALID = (
    Request("{ hello }"),
    Request(
        "query Q($id: ID!, $n: Boolean = true) "
        "{ person(id: $id) { id name @include(if: $n) friend { name notes { text } } } }",
        {"id": "1", "n": False},
        "Q",
    ),
    Request(
        "query ($w: Filter) { people(where: $w) { ...P } } "
        "fragment P on Person { id notes { text } ... on Person { name } }",
        {"w": {"kind": "CHILD", "nameLike": ["a"]}},
    ),
    Request(
        'mutation M($id: ID!) { a: rename(id: $id, name: "x") { id name } '
        'b: rename(id: "2", name: """block""") { notes { text } } }',
        {"id": "1"},
        "M",
    ),
    Request(
        'query E($json: JSON) { echo(json: $json) other: echo(json: {a: [1, 2.5e3, true, null, ENUM, "s"]}) }',
        {"json": {"a": [1, None, "x"]}},
    ),
    Request('{ fails refuses hello(name: "\\u00e9") __typename __schema { queryType { name } } }'),
    Request('{ person(id: "1") { id ... @defer(label: "d") { notes { text } } } }'),
    Request("subscription { born { id name } }"),
    Request("subscription S { born { notes { text } } }", {}, "S"),
    Request("{ vault { gold } person(id: 1) { salary email diary friend { id } } }"),
)

_STRINGS = (
    '"\\ud800"', '"\\udc00\\ud800"', '"\\u{110000}"', '"\\u{D83D}"', '"\\u0000"', '"\\ud83d\\ude00"', '"\x00"',
    '"\ufffe"',
    '"""\\"""\x07"""', '"\\x"', '"unclosed', '"""unclosed', '"\u2028"', '"' + "s" * 1_000_000 + '"',
)  # fmt: skip
_WORDS = (
    "{", "}", "(", ")", "[", "]", "...", "@", "$", ":", "=", "|", "!", "&", "?", "query", "mutation", "subscription",
    "fragment", "on", "schema", "extend", "type", "input", "true", "null", "hello", "person", "id", "__typename",
    "born",
    "__schema", "__type", "_entities", "_service", "@skip(if: true)", "@include(if: $n)", "@defer", "@stream", "@oneOf",
    "-1", "007", "1e", "1.", "9" * 400, "1e400", "-0", "0x1", "$id", "$w", "...P", "#\n", "#\r", ",,,", "\ufeff",
    "é", "\x00", "\\", "`", "<a>", "%s", "{0}", "\u200b", "..", "A" * 70_000,
)  # fmt: skip
_SIZES = (60, 199, 1000, 3000, 10_000)
_LONGEST = 5_000_000
"""Characters of a document: more would take this process as long to write as a request may take."""


def document(draw: random.Random) -> Request:
    """A valid request, a spoiled one or a monster."""
    request = draw.choice(VALID)
    kind = draw.random()
    if kind < 0.15:
        return request
    if kind < 0.3:
        return Request(draw.choice(_MONSTERS)(draw.choice(_SIZES)), request.variables, request.name)
    return request._replace(query=_spoiled(request.query, draw))


def _spoiled(query: str, draw: random.Random) -> str:
    tokens = _tokens(query)
    for _ in range(draw.choice((1, 1, 2, 3, 8))):
        draw.choice((_drop, _double, _swap, _replace, _insert, _splice, _cut))(tokens, draw)
        if not tokens:
            break
    return draw.choice((" ", " ", "\n", "\r", ",")).join(tokens)[:_LONGEST]


def _tokens(query: str) -> list[str]:
    lexer = Lexer(Source(query))
    found: list[str] = []
    try:
        while (token := lexer.advance()).kind is not TokenKind.EOF:
            found.append(query[token.start : token.end])
    except GraphQLError:
        found.append(query)
    return found


def _drop(tokens: list[str], draw: random.Random) -> None:
    del tokens[draw.randrange(len(tokens))]


def _double(tokens: list[str], draw: random.Random) -> None:
    at = draw.randrange(len(tokens))
    end = min(len(tokens), at + draw.choice((1, 1, 5)))
    tokens[at:at] = tokens[at:end] * draw.choice((1, 1, 2, 50))


def _swap(tokens: list[str], draw: random.Random) -> None:
    one, other = draw.randrange(len(tokens)), draw.randrange(len(tokens))
    tokens[one], tokens[other] = tokens[other], tokens[one]


def _replace(tokens: list[str], draw: random.Random) -> None:
    tokens[draw.randrange(len(tokens))] = draw.choice(_STRINGS if draw.random() < 0.3 else _WORDS)


def _insert(tokens: list[str], draw: random.Random) -> None:
    tokens.insert(draw.randrange(len(tokens) + 1), draw.choice(_STRINGS if draw.random() < 0.2 else _WORDS))


def _splice(tokens: list[str], draw: random.Random) -> None:
    other = _tokens(draw.choice(VALID).query)
    tokens[draw.randrange(len(tokens)) :] = other[draw.randrange(len(other)) :]


def _cut(tokens: list[str], draw: random.Random) -> None:
    del tokens[draw.randrange(len(tokens)) :]


def _nest(before: str, inner: str, after: str, around: str = "{0}") -> Callable[[int], str]:
    return lambda size: around.replace("{0}", before * size + inner + after * size)


_MONSTERS: tuple[Callable[[int], str], ...] = (
    lambda size: "{" * size,
    lambda size: "{a" * size,
    _nest("{a", "{b}", "}"),
    _nest("{ friend ", "{ id }", "}", "{ person(id: 1) {0} }"),
    _nest("... { ", "hello", "}", "{ {0} }"),
    _nest("... on Query { ", "hello", "}", "{ {0} }"),
    _nest("[", "1", "]", "{ echo(json: {0}) }"),
    _nest("{a:", "1", "}", "{ echo(json: {0}) }"),
    _nest("[", "1", "", "{ echo(json: {0}) }"),
    _nest("[", "Int", "]", "query ($v: {0}) { hello }"),
    _nest("[", "Int!", "]!", "query ($v: {0} = 1) { hello }"),
    _nest("[", "1", "]", "query ($v: JSON = {0}) { echo(json: $v) }"),
    lambda size: "{ " + " ".join(f"a{n}: hello" for n in range(size * 10)) + " }",
    lambda size: "{ " + "hello " * size + "}",
    lambda size: "{ hello " + "@skip(if: false) " * size + "}",
    lambda size: "{ hello(" + " ".join(f'name: "{n}"' for n in range(size)) + ") }",
    lambda size: "query (" + " ".join(f"$v{n}: Int" for n in range(size)) + ") { hello }",
    lambda size: "query (" + " ".join(f"$v: Int = {n}" for n in range(size)) + ") { hello }",
    lambda size: " ".join(f"query Q{n} {{ hello }}" for n in range(size)),
    lambda size: "{ ...F0 } " + " ".join(f"fragment F{n} on Query {{ ...F{n + 1} }}" for n in range(size)),
    lambda size: "{ ...F0 } " + " ".join(f"fragment F{n} on Query {{ ...F{n + 1} ...F{n + 1} }}" for n in range(size)),
    lambda size: "{ ...F0 } " + " ".join(f"fragment F{n} on Query {{ ...F{(n + 1) % size} }}" for n in range(size)),
    lambda size: "{ ...F } " + "fragment F on Query { hello } " * size,
    lambda size: "{ " + "...F " * size + "} fragment F on Query { hello }",
    lambda size: "{ " + " ".join(f'a{n}: person(id: "{n}") {{ ...F }}' for n in range(size))
    + "} fragment F on Person { friend { friend { id } } }",
    lambda size: "{ " + " ".join(f"... @defer {{ a{n}: hello }}" for n in range(size)) + " }",
    lambda size: "{ " + " ".join(f"... @include(if: $v{n}) {{ hello }}" for n in range(size)) + " }",
    _nest("fields { type { ", "name", "} }", '{ __type(name: "Query") { {0} } }'),
    _nest("ofType { ", "name", "}", "{ __schema { types { {0} } } }"),
    lambda size: "#" * size + "\n{ hello }",
    lambda size: "#\n" * size + "{ hello }",
    lambda size: "," * size * 10 + "{ hello }",
    lambda size: "\ufeff" * size + "{ hello }",
    lambda size: '{ hello(name: "' + "\\u0061" * size + '") }',
    lambda size: "{ hello(name: " + "9" * size + ") }",
    lambda size: "{ " + "h" * size * 10 + " }",
    lambda size: "{ " + "é" * size + " }",
    lambda size: "type T { " + " ".join(f"a{n}: Int" for n in range(size)) + " }",
    lambda size: "{ hello } " + " ".join(f"extend schema @a{n}" for n in range(size)),
)  # fmt: skip
