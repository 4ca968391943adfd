"""Cases that random operations have found, made small: each stays found."""

from __future__ import annotations

from typing import Any

import pytest

from tests.router.fuzz.case import Served
from tests.router.fuzz.operations import Operation

LINK = """extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: [
    "@key", "@shareable", "@external", "@requires", "@provides", "@override", "@inaccessible", "@interfaceObject"])
"""

INTERFACE_OBJECT = {
    "s0": """
        type Kin @key(fields: "id") @interfaceObject { id: ID! wrong: Hue }
        enum Hue { RED GONE }
        type Query { kins: [Kin] }
    """,
    "s1": """
        interface Kin @key(fields: "id") { id: ID! k: String }
        enum Hue { RED GONE @inaccessible }
        type Ant implements Kin @key(fields: "id") { id: ID! k: String }
        type Bee implements Kin @key(fields: "id") { id: ID! k: String only: String hue: Hue }
        type Query { ant: Ant }
    """,
}

ONE_OF_TWO_TYPES_ELSEWHERE = {
    "s0": """
        type Bee implements Ish @key(fields: "id") { f: Ish @shareable id: ID! n: Int }
        type Cat implements Ish @key(fields: "id") { id: ID! i: String n: Int }
        interface Ish { n: Int }
    """,
    "s1": """
        type Bee implements Ish @key(fields: "id") { id: ID! i: String f: Ish! @shareable }
        type Cat implements Ish @key(fields: "id") { id: ID! i: String @external r: Int @requires(fields: "i") }
        interface Ish { i: String }
        type Query { bees: [Bee] }
    """,
}

MORE_TYPES_ELSEWHERE = {
    "s0": """
        type Ant implements Ish @key(fields: "id") { id: ID! f: [Ish] @shareable i: String }
        type Bee { i: String }
        interface Ish { i: String }
    """,
    "s1": """
        type Ant implements Ish @key(fields: "id") { id: ID! f: [Ish] @shareable j: Int }
        type Bee implements Ish { j: Int }
        interface Ish { j: Int }
        type Query { ant: Ant }
    """,
}
TYPES_PER_PARENT = {
    "s0": """
        type Ant implements Ish @key(fields: "id") { id: ID! u: Any }
        type Bee implements Ish @key(fields: "id") { id: ID! }
        interface Ish { id: ID! }
        union Any = Pin
        type Pin { p: Int }
        type Query { all: [Ish!] }
    """,
    "s1": """
        type Bee @key(fields: "id") { id: ID! u: Any }
        union Any = Rod
        type Rod { r: Int }
    """,
}

REQUIRED_OF_INTERFACE_OBJECTS = {
    "s0": """
        type Kin @key(fields: "id") @interfaceObject { id: ID! k: String @external o: String @requires(fields: "k") }
        type Query { kins: [Kin] }
    """,
    "s1": """
        interface Kin @key(fields: "id") { id: ID! k: String }
        type Ant implements Kin @key(fields: "id") { id: ID! k: String }
        type Bee implements Kin @key(fields: "id") { id: ID! k: String }
    """,
}


@pytest.mark.parametrize(
    ("subgraphs", "text", "variables"),
    [
        pytest.param(
            INTERFACE_OBJECT,
            "query ($q: Boolean!) { kins { ... on Kin @skip(if: $q) { __typename } } }",
            {"q": True},
            id="an interface object of which nothing is selected",
        ),
        pytest.param(
            INTERFACE_OBJECT,
            "{ kins { wrong ... on Bee { only } } }",
            {},
            id="a value that is lost beside an entity of another type",
        ),
        pytest.param(
            ONE_OF_TWO_TYPES_ELSEWHERE,
            "{ bees { f { i } } }",
            {},
            id="a field of one of two types, in a subgraph that knows the field above, too",
        ),
        pytest.param(
            MORE_TYPES_ELSEWHERE,
            "{ ant { f { i ... on Bee { i j } } } }",
            {},
            id="an interface that has more implementations in another subgraph",
        ),
        pytest.param(
            TYPES_PER_PARENT,
            "{ all { id ... on Ant { u { ... on Pin { p } } } ... on Bee { u { ... on Rod { r } } } } }",
            {},
            id="a union whose members depend on the object above",
        ),
        pytest.param(
            REQUIRED_OF_INTERFACE_OBJECTS,
            "query ($q: Boolean!) { kins { ... on Bee { o @skip(if: $q) } ... on Ant { again: o } } }",
            {"q": True},
            id="a requirement of one type, under a condition, beside the same of another",
        ),
    ],
)
def test_answered_as_one_schema_does(subgraphs: dict[str, str], text: str, variables: dict[str, Any]) -> None:
    served = Served({name: LINK + sdl for name, sdl in subgraphs.items()}, 1)
    assert served.problems(Operation(text, variables), None) == []
