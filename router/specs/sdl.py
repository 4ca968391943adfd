"""Parsing schema documents, which are long: by graphql-core's parser, from tokens that are found faster.

graphql-core looks at a text character by character in Python, which took a fifth of composing many subgraphs. Blanks,
names and punctuators, which are nearly all of a schema, are found by one expression here; anything else is its own.
"""

from __future__ import annotations

import re

from graphql import DocumentNode, Lexer, Source, TokenKind
from graphql.language import Token
from graphql.language.parser import Parser

__all__ = ["SdlLexer", "parse_sdl"]

_NEXT = re.compile(r"([ \t,\ufeff\r\n]*)(?:([A-Za-z_][A-Za-z_0-9]*)|([!$&():=@\[\]{|}]))")
"""GraphQL spec, 2.1: what is ignored but for comments, and behind it a name or a punctuator."""
_LINE_END = re.compile(r"\r\n|\n|\r")
_PUNCTUATORS = {kind.value: kind for kind in TokenKind}


def parse_sdl(text: str) -> DocumentNode:
    """As graphql-core's ``parse`` without locations: the same nodes, the same ``GraphQLSyntaxError``."""
    source = Source(text)
    return Parser(source, no_location=True, lexer=SdlLexer(source)).parse_document()


class SdlLexer(Lexer):
    """Gives the tokens that its base class gives."""

    def read_next_token(self, start: int) -> Token:
        """The next token behind ``start``."""
        found = _NEXT.match(self.source.body, start)
        if found is None:
            return super().read_next_token(start)
        blank, name, punctuator = found.groups()
        position = start + len(blank)
        if "\n" in blank or "\r" in blank:
            for end in _LINE_END.finditer(blank):
                self.line += 1
                self.line_start = start + end.end()
        column = 1 + position - self.line_start
        if name is not None:
            return Token(TokenKind.NAME, position, position + len(name), self.line, column, name)
        return Token(_PUNCTUATORS[punctuator], position, position + 1, self.line, column)
