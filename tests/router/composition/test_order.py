"""The order of the inputs, and of Python's hashes, changes nothing: neither the supergraph nor errors nor hints."""

from __future__ import annotations

import json
import os
import subprocess
import sys

from hypothesis import given, settings
from hypothesis import strategies as st

from router.composition import CompositionResult, SubgraphSource, compose
from tests.router.composition.harness import FEDERATION, assert_valid

_NAMES = st.sampled_from(["a", "B", "a-1", "a_1", "a 1", "ü", "z"])
_DESCRIPTION = st.sampled_from(["", '"One." ', '"Two." ', '"""\nThree.\n""" '])
_MARKS = st.sampled_from(
    [
        "",
        "@shareable",
        '@tag(name: "x")',
        '@shareable @tag(name: "y")',
        '@deprecated(reason: "r1") @shareable',
        '@deprecated(reason: "r2") @shareable',
        "@inaccessible @shareable",
        "@external",
        '@override(from: "a") @shareable',
        '@override(from: "B", label: "later") @shareable',
        "@cost(weight: 1) @shareable",
        "@cost(weight: 2) @shareable",
        '@requiresScopes(scopes: [["p"], ["q", "r"]]) @shareable',
        '@requiresScopes(scopes: [["r"]]) @shareable',
        '@policy(policies: [["p"]]) @authenticated @shareable',
    ]
)
_OUTPUT = st.sampled_from(["Int", "Int!", "[Int]", "[Int!]!", "E", "I", "U", "T"])
_INPUT = st.sampled_from(["Int", "Int!", "[Int]", "E", "N", "Int = 1", "Int = 2", "[Int] = [1]", "E = X", "N = {n: 1}"])
_WATCH_LINK = 'extend schema @link(url: "https://example.com/w/v1.%d", import: ["@w"]) @composeDirective(name: "@w")'
_WATCH = [
    "",
    f"{_WATCH_LINK % 0} directive @w on OBJECT extend type V @w",
    f"{_WATCH_LINK % 0} directive @w(a: Int) repeatable on OBJECT extend type V @w(a: 1) @w(a: 2)",
    f"{_WATCH_LINK % 0} directive @w(a: Float = 1) on FIELD_DEFINITION extend type V {{ w: Int @w(a: 1.5) }}",
    f"{_WATCH_LINK % 1} directive @w(b: E!) on OBJECT extend type V @w(b: Y)",
    f"{_WATCH_LINK % 1} directive @w(a: Int, n: N) on OBJECT extend type V @w(a: 1, n: {{n: 1}})",
]
"""A composed directive, defined in many ways."""


@st.composite
def _fields(draw: st.DrawFn) -> str:
    lines = []
    for name in draw(st.lists(st.sampled_from("fgh"), min_size=1, max_size=3, unique=True)):
        arguments = "".join(f"{argument}: {draw(_INPUT)} " for argument in draw(st.sets(st.sampled_from("xy"))))
        listed = f"({arguments})" if arguments else ""
        lines.append(f"{draw(_DESCRIPTION)}{name}{listed}: {draw(_OUTPUT)} {draw(_MARKS)}")
    return "\n".join(lines)


@st.composite
def _subgraph(draw: st.DrawFn) -> str:
    key = draw(st.sampled_from(["", '@key(fields: "id")', '@key(fields: "id") @key(fields: "f")']))
    extra = draw(st.sampled_from(["", "type S { s: Int }", "interface S { s: Int }", "extend type S { s: Int }"]))
    watch = draw(st.sampled_from(_WATCH))
    return "\n".join(
        [
            FEDERATION,
            watch,
            f"type Query {{ {draw(_fields())} }}",
            f"{draw(_DESCRIPTION)}type T implements I {key} {{ id: ID! @shareable\n{draw(_fields())} }}",
            f"{draw(_DESCRIPTION)}interface I {{ id: ID! }}",
            f"type V @shareable {{ v: Int }}\nunion U = {draw(st.sampled_from(['T', 'V', 'V | T', 'T | V']))}",
            f"enum E {{ {draw(st.sampled_from(['X', 'X Y', 'Y X', 'X Z @inaccessible']))} }}",
            f"input N {{ n: {draw(st.sampled_from(['Int', 'Int = 1', 'Int!', '[Int]']))} {draw(_DESCRIPTION)}m: E }}",
            f"directive @run({draw(st.sampled_from(['a: Int', 'a: Int!', 'b: E = X']))}) on FIELD | QUERY",
            extra,
        ]
    )


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(_NAMES, _subgraph(), min_size=2, max_size=4).flatmap(
        lambda subgraphs: st.tuples(st.just(subgraphs), st.permutations(list(subgraphs)))
    )
)
def test_any_order_of_any_subgraphs_gives_the_same(drawn: tuple[dict[str, str], list[str]]) -> None:
    subgraphs, order = drawn
    first = compose([SubgraphSource(name, "", sdl) for name, sdl in subgraphs.items()])
    second = compose([SubgraphSource(name, "", subgraphs[name]) for name in order])
    assert _told(first) == _told(second)
    if first.supergraph_sdl is not None:
        assert_valid(first.supergraph_sdl)


def test_hashes_change_nothing() -> None:
    """Sets of names iterate differently in every process."""
    sdl = f"{FEDERATION}\ntype Query {{ u: U i: I }}\nunion U = A | B | C\ninterface I {{ id: ID! }}\n" + "".join(
        f'type {name} implements I @key(fields: "id") {{ id: ID! {name.lower()}: Int @tag(name: "{name}") '
        f'@requiresScopes(scopes: [["p", "q", "r", "s"], ["{name}", "t"]]) }}\n'
        for name in "ABC"
    )
    other = (
        sdl.replace("type Query { u: U i: I }", "")
        .replace('["p", "q"', '["w", "v"')
        .replace(": Int @tag", ": Int @shareable @tag")
    )
    request = json.dumps(
        {
            "subgraphs": [
                {"name": "a", "sdl": sdl.replace(": Int @tag", ": Int @shareable @tag")},
                {"name": "b", "sdl": other},
            ]
        }
    )
    answers = {
        subprocess.run(
            [sys.executable, "-m", "router.composition"],
            input=request,
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
            env={**os.environ, "PYTHONHASHSEED": str(seed)},
        ).stdout
        for seed in range(1, 5)
    }
    assert len(answers) == 1
    assert json.loads(answers.pop())["ok"]


def _told(result: CompositionResult) -> tuple[object, ...]:
    return result.supergraph_sdl, result.errors, result.hints
