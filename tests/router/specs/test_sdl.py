"""The tokens of graphql-core, one by one, and the same errors, whatever the text."""

from __future__ import annotations

from typing import Any

import pytest
from graphql import GraphQLSyntaxError, Lexer, Source, TokenKind, parse
from hypothesis import example, given, settings
from hypothesis import strategies as st

from router.specs.sdl import SdlLexer, parse_sdl
from tests.router.executor.shop import subgraphs

PIECES = [
    *("type", "Query", "_a1", "é", "1", "-0.5e3", "01", "1a", '"s"', '"', '"""block\r\n  s"""', '"""', "# c", "#"),
    *("\n", "\r", "\r\n", "\n\r", " ", "\t", ",", "\ufeff", "\u2028", "\x00", "\x0b", "\ud83d\ude00", "\ud800"),
    *(
        "{",
        "}",
        "(",
        ")",
        "[",
        "]",
        ":",
        "=",
        "@",
        "!",
        "$",
        "&",
        "|",
        "...",
        "..",
        ".",
        ".5",
        "?",
        "'",
        "\\",
        "\\u00e9",
    ),
]
texts = st.one_of(st.text(max_size=30), st.lists(st.sampled_from(PIECES), max_size=25).map("".join))


def tokens(lexer: Lexer) -> list[Any]:
    """All tokens with their places, comments included, to the end or the error."""
    found: list[Any] = []
    token = lexer.token
    try:
        while lexer.token.kind is not TokenKind.EOF:
            lexer.advance()
    except GraphQLSyntaxError as error:
        found.append((error.message, error.locations))
    following = token.next
    while following is not None:
        found.append(
            (following.kind, following.start, following.end, following.line, following.column, following.value)
        )
        following = following.next
    return found


@given(texts)
@example("a\r\n\rb\n\n  c")
@settings(max_examples=500)
def test_tokens(text: str) -> None:
    assert tokens(SdlLexer(Source(text))) == tokens(Lexer(Source(text)))


@pytest.mark.parametrize("name", sorted(subgraphs()))
def test_documents(name: str) -> None:
    sdl = subgraphs()[name].sdl
    assert parse_sdl(sdl) == parse(sdl, no_location=True)
    for end in range(0, len(sdl), 97):
        assert outcome(parse_sdl, sdl[:end]) == outcome(lambda text: parse(text, no_location=True), sdl[:end])


def outcome(read: Any, text: str) -> Any:
    try:
        return read(text)
    except GraphQLSyntaxError as error:
        return str(error)
