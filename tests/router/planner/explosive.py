"""Operations made to explode, with the subgraphs they explode on. Sizes are far beyond what a client would send."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from itertools import combinations

from router.supergraph import Supergraph
from tests.router.planner.conftest import read

OWN = " ".join(f"own{graph}" for graph in range(12))
Example = tuple[Callable[[], Supergraph], str]
SOURCES: dict[Callable[[], Supergraph], Callable[[], Mapping[str, str]]] = {}
"""The subgraphs of each supergraph."""


def _nested(levels: int, leaf: str, *fields: str) -> str:
    """Every field on every level."""
    text = leaf
    for _ in range(levels):
        text = " ".join([leaf, *(f"{field} {{ {text} }}" for field in fields)])
    return text


def _supergraph(subgraphs: Callable[[], Mapping[str, str]]) -> Callable[[], Supergraph]:
    made = cache(lambda: read(subgraphs()))
    SOURCES[made] = subgraphs
    return made


@_supergraph
def shareable() -> Mapping[str, str]:
    fields = " ".join(f"f{number}: V x{number}: Int" for number in range(20))
    return {
        f"g{graph}": f"type Query {{ r: V @shareable }} type V @shareable {{ {fields} own{graph}: Int }}"
        for graph in range(12)
    }


@_supergraph
def keys() -> Mapping[str, str]:
    """Each subgraph knows three of eight keys, and has a field of its own that leads on."""
    names = [f"k{number}" for number in range(8)]
    found = {}
    for graph, chosen in enumerate(list(combinations(names, 3))[::5]):
        marks = " ".join(f'@key(fields: "{name}")' for name in chosen)
        root = "type Query { e: E list: [E] }" if graph == 0 else ""
        keys = " ".join(f"{name}: ID! @shareable" for name in chosen)
        found[f"g{graph:02}"] = f"{root} type E {marks} {{ {keys} own{graph}: Int next{graph}: E }}"
    return found


@_supergraph
def interface() -> Mapping[str, str]:
    types = " ".join(
        f'type T{number} implements I @key(fields: "id") {{ id: ID! a: Int self: I u: U }}' for number in range(50)
    )
    union = "union U = " + " | ".join(f"T{number}" for number in range(50))
    return {
        "a": f"type Query {{ i: [I] u: [U] }} interface I {{ id: ID! a: Int self: I u: U }} {union} {types}",
        "b": " ".join(f'type T{number} @key(fields: "id") {{ id: ID! b{number}: Int }}' for number in range(50)),
    }


@_supergraph
def chain() -> Mapping[str, str]:
    """Each subgraph's field requires the one before."""
    found = {
        "g00": 'type Query { e: E list: [E] } type Mutation { m: E } type E @key(fields: "id")'
        " { id: ID! c0: Int parent: E }"
    }
    for number in range(1, 12):
        found[f"g{number:02}"] = (
            f'type E @key(fields: "id") {{ id: ID! c{number - 1}: Int @external'
            f' c{number}: Int @requires(fields: "c{number - 1}") o{number}: Int }}'
        )
    return found


@_supergraph
def context() -> Mapping[str, str]:
    return {
        "a": """
            type Query { root: Root }
            type Root @context(name: "t") { name: String down: T }
            type T @context(name: "t") @key(fields: "id") {
              id: ID!
              name: String
              down: T
              says(name: String @fromContext(field: "$t { name }")): String
            }
        """
    }


def _examples() -> Iterator[tuple[str, Example]]:
    yield (
        "one thousand fields shared by twelve subgraphs",
        (shareable, f"{{ r {{ {_nested(8, 'x0 x1 own3', 'f0', 'f1')} }} }}"),
    )
    yield (
        "a field of each of twelve subgraphs on every level",
        (
            shareable,
            f"{{ r {{ {_nested(5, OWN, 'f0', 'f1', 'f2')} }} }}",
        ),
    )
    yield (
        "many keys",
        (
            keys,
            f"{{ list {{ {_nested(3, OWN, 'next3', 'next7', 'next11')} }} }}",
        ),
    )
    yield "many keys, deep", (keys, f"{{ list {{ {_nested(60, 'own1 own6 own11', 'next9')} }} }}")
    fragments = " ".join(f"... on T{number} {{ b{number} self {{ id }} }}" for number in range(50))
    twice = " ".join(f"... on T{number} {{ b{number} self {{ {fragments} }} }}" for number in range(50))
    yield "fragments on 50 implementations", (interface, f"{{ i {{ {fragments} }} }}")
    yield "fragments on 50 implementations below each other", (interface, f"{{ i {{ {twice} }} }}")
    spread = " ".join(f"... on T{number} {{ b{number} self {{ ...F1 }} }}" for number in range(50))
    inner = " ".join(f"... on T{number} {{ b{number} self {{ ...F2 }} }}" for number in range(50))
    last = " ".join(f"... on T{number} {{ b{number} }}" for number in range(50))
    yield (
        "fragments on 50 implementations, three deep",
        (
            interface,
            f"{{ i {{ {spread} }} }} fragment F1 on I {{ {inner} }} fragment F2 on I {{ {last} }}",
        ),
    )
    yield (
        "unions in interfaces",
        (
            interface,
            "{ i { "
            + _nested(
                6,
                "id ... on T3 { b3 }",
                "self",
                "u { ... on T1 { b1 self { a ... on T2 { b2 } } } ... on I { a } } self",
            ).replace("} self {", "} s: self {")
            + " } }",
        ),
    )
    yield (
        "two thousand aliases",
        (
            chain,
            "{ " + " ".join(f"a{number}: e {{ id o1 o2 o{number % 11 + 1} }}" for number in range(2000)) + " }",
        ),
    )
    yield (
        "two thousand aliases of a field of another subgraph",
        (
            chain,
            "{ list { " + " ".join(f"a{number}: o{number % 11 + 1}" for number in range(2000)) + " } }",
        ),
    )
    yield (
        "two thousand mutations",
        (
            chain,
            "mutation { " + " ".join(f"a{number}: m {{ id o{number % 3 + 1} }}" for number in range(2000)) + " }",
        ),
    )
    yield (
        "two thousand mutations of one subgraph",
        (
            chain,
            "mutation { " + " ".join(f"a{number}: m {{ id }}" for number in range(2000)) + " }",
        ),
    )
    yield (
        "a chain of requirements behind two hundred aliases",
        (
            chain,
            "{ " + " ".join(f"a{number}: e {{ c11 }}" for number in range(200)) + " }",
        ),
    )
    yield "a chain of requirements on every level", (chain, f"{{ e {{ {_nested(30, 'c11', 'parent')} }} }}")
    yield "as deep as may be", (chain, f"{{ e {{ {_nested(95, 'o1 o2 o3', 'parent')} }} }}")
    bomb = " ".join(
        f"fragment F{number} on I {{ x: self {{ ...F{number + 1} }} y: self {{ ...F{number + 1} }} }}"
        for number in range(25)
    )
    yield "a fragment that doubles 25 times", (interface, f"{{ i {{ ...F0 }} }} {bomb} fragment F25 on I {{ a }}")
    again = " ".join(f"fragment F{number} on I {{ ...F{number + 1} ...F{number + 1} }}" for number in range(60))
    yield (
        "a fragment spread twice in itself 60 times",
        (interface, f"{{ i {{ ...F0 }} }} {again} fragment F60 on I {{ a }}"),
    )
    variables = " ".join(f"$v{number}: Boolean!" for number in range(400))
    conditions = " ".join(f"... @include(if: $v{number}) {{ o1 o2 }}" for number in range(400))
    yield "a field under four hundred conditions", (chain, f"query({variables}) {{ e {{ {conditions} }} }}")
    pairs = " ".join(
        f"... @include(if: $v{one}) {{ ... @skip(if: $v{other}) {{ o1 parent {{ o2 }} }} }}"
        for one, other in combinations(range(30), 2)
    )
    yield "a field under pairs of conditions", (chain, f"query({variables}) {{ e {{ {pairs} }} }}")
    nested = "o1"
    for number in range(60):
        nested = f"parent {{ o1 @skip(if: $v{number}) ... @include(if: $v{number}) {{ {nested} }} }}"
    yield "conditions below conditions", (chain, f"query({variables}) {{ e {{ {nested} }} }}")
    deferred = " ".join(
        f'... @defer(label: "d{number}") {{ a{number}: parent {{ o{number % 11 + 1} }} }}' for number in range(300)
    )
    yield "three hundred deferred fragments", (chain, f"{{ e {{ {deferred} }} }}")
    below = "o1"
    for number in range(40):
        below = f'o1 ... @defer(label: "d{number}") {{ parent {{ o2 {below} }} }}'
    yield "deferred below deferred", (chain, f"{{ e {{ {below} }} }}")
    yield "contexts on every level", (context, f"{{ root {{ down {{ {_nested(90, 'id says', 'down')} }} }} }}")


EXAMPLES: Mapping[str, Example] = dict(_examples())
