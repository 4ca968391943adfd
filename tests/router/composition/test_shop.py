"""The shop's six schemas compose to one API, whatever their order."""

from __future__ import annotations

from itertools import islice, permutations
from pathlib import Path

import pytest
from graphql import GraphQLInputObjectType, GraphQLInterfaceType, GraphQLObjectType, build_schema

from router.composition import SubgraphSource, compose
from router.supergraph import Supergraph

CONTRACTS = Path(__file__).parents[2] / "contracts"
NAMES = ("auth", "notification", "order", "payment", "product", "user")


@pytest.fixture(scope="module")
def sources() -> list[SubgraphSource]:
    return [
        SubgraphSource(name, f"http://{name}/graphql", (CONTRACTS / f"{name}.graphql").read_text()) for name in NAMES
    ]


@pytest.fixture(scope="module")
def sdl(sources: list[SubgraphSource]) -> str:
    result = compose(sources)
    assert not result.errors, [str(error) for error in result.errors]
    assert result.supergraph_sdl is not None
    return result.supergraph_sdl


def test_input_order_changes_nothing(sources: list[SubgraphSource], sdl: str) -> None:
    for order in islice(permutations(sources), 0, 720, 101):
        assert compose(order).supergraph_sdl == sdl


def test_no_hint_warns(sources: list[SubgraphSource]) -> None:
    assert [hint for hint in compose(sources).hints if hint.level == "WARN"] == []


def test_the_api_has_what_the_subgraphs_say(sources: list[SubgraphSource], sdl: str) -> None:
    """Every visible field and argument of every subgraph, with a type that covers the subgraph's."""
    api = Supergraph.from_sdl(sdl).api_schema
    checked = 0
    for source in sources:
        schema = build_schema(source.sdl, assume_valid=True, assume_valid_sdl=True)
        for name, type_ in schema.type_map.items():
            if not isinstance(type_, GraphQLObjectType | GraphQLInterfaceType) or name.startswith("__"):
                continue
            if any(directive.name.value == "inaccessible" for directive in type_.ast_node.directives or ()):
                assert name not in api.type_map
                continue
            merged = api.type_map[name]
            assert isinstance(merged, GraphQLObjectType | GraphQLInterfaceType)
            for field_name, field in type_.fields.items():
                hidden = any(d.name.value == "inaccessible" for d in field.ast_node.directives or ())
                assert (field_name in merged.fields) != hidden, f"{name}.{field_name}"
                if not hidden:
                    assert str(merged.fields[field_name].type) == str(field.type)
                    assert merged.fields[field_name].args.keys() == field.args.keys()
                    checked += 1
    assert checked > 300


def test_hidden_operations_stay_in_the_supergraph(sdl: str) -> None:
    supergraph = Supergraph.from_sdl(sdl)
    mutation, api_mutation = supergraph.schema.mutation_type, supergraph.api_schema.mutation_type
    assert mutation is not None
    assert api_mutation is not None
    assert {"reserveStock", "authorizePayment"} <= mutation.fields.keys() - api_mutation.fields.keys()


def test_one_of_inputs_stay_one_of(sdl: str) -> None:
    by = Supergraph.from_sdl(sdl).api_schema.type_map["ProductBy"]
    assert isinstance(by, GraphQLInputObjectType)
    assert by.is_one_of
