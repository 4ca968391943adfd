"""Compose a few subgraphs written as text, and look at the outcome."""

from __future__ import annotations

import re
from collections.abc import Iterable
from textwrap import dedent

from graphql import parse
from graphql.validation.validate import validate_sdl

from router.composition import CompositionError, CompositionResult, SubgraphSource, compose
from router.composition.errors import ERROR_CODES
from router.composition.hints import HINT_CODES
from router.composition.subgraph.graphql_rules import graphql_problems

_IMPORTS = (
    "@authenticated",
    "@composeDirective",
    "@context",
    "@cost",
    "@extends",
    "@external",
    "@fromContext",
    "@inaccessible",
    "@interfaceObject",
    "@key",
    "@listSize",
    "@override",
    "@policy",
    "@provides",
    "@requires",
    "@requiresScopes",
    "@shareable",
    "@tag",
)
FEDERATION = (
    'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ['
    + ", ".join(f'"{name}"' for name in _IMPORTS)
    + "])"
)
"""Federation 2.9 with everything imported."""


_OF_NO_SUBGRAPH = {"NO_QUERIES"}


def composed(*, federation: bool = True, **subgraphs: str) -> CompositionResult:
    """Compose subgraphs given by name; with ``federation`` each links ``FEDERATION`` unless it has a link.

    Also sees to it that the order of the subgraphs changes nothing, and that a supergraph is valid.
    """
    sources = [
        SubgraphSource(
            name,
            f"http://{name}/graphql",
            dedent(sdl) if not federation or "@link" in sdl else f"{FEDERATION}\n{dedent(sdl)}",
        )
        for name, sdl in subgraphs.items()
    ]
    result = compose(sources)
    if len(sources) > 1:
        assert compose(sources[::-1]) == result
    if result.supergraph_sdl is not None:
        assert_valid(result.supergraph_sdl)
    return result


def assert_valid(sdl: str) -> None:
    """Every rule of GraphQL for schemas, with those for the arguments of directives and their values."""
    document = parse(sdl)
    assert [error.message for error in validate_sdl(document)] == []
    assert graphql_problems(document) == []


def rejected(code: str, *, federation: bool = True, **subgraphs: str) -> CompositionError:
    """The first error of a composition that fails with exactly this code."""
    result = composed(federation=federation, **subgraphs)
    assert {error.code for error in result.errors} == {code}, [str(error) for error in result.errors]
    assert code in ERROR_CODES
    assert result.supergraph_sdl is None
    for error in result.errors:
        _assert_helpful(error, subgraphs)
    return result.errors[0]


def _assert_helpful(error: CompositionError, subgraphs: Iterable[str]) -> None:
    """It says in which subgraph and on which element, unless there is none to name."""
    named = [name for name in subgraphs if f'"{name}"' in error.message or f"[{name}]" in error.message]
    assert named or error.code in _OF_NO_SUBGRAPH, str(error)
    assert error.message[-1] in ".?", str(error)


def supergraph(*, federation: bool = True, **subgraphs: str) -> str:
    """The supergraph SDL of subgraphs that compose."""
    result = composed(federation=federation, **subgraphs)
    assert not result.errors, [str(error) for error in result.errors]
    assert result.supergraph_sdl is not None
    return result.supergraph_sdl


def hinted(code: str, **subgraphs: str) -> str:
    """The message of the only hint with this code, of subgraphs that compose: it names a subgraph and an element."""
    result = composed(**subgraphs)
    assert not result.errors, [str(error) for error in result.errors]
    (hint,) = [hint for hint in result.hints if hint.code == code]
    assert code in HINT_CODES
    assert any(f'"{name}"' in hint.message for name in subgraphs), hint.message
    assert hint.coordinate is not None
    assert f'"{hint.coordinate}"' in hint.message, hint
    return hint.message


def definition(sdl: str, name: str) -> str:
    """The text of one type definition of a supergraph."""
    found = re.search(
        rf"^(type|interface|union|enum|input|scalar) {name}\b.*?(?=\n\n|\n?\Z)", sdl, re.DOTALL | re.MULTILINE
    )
    assert found is not None, sdl
    return found[0]
