"""The response equals what graphql-core makes of the same data: shape, null propagation, and error paths."""

from __future__ import annotations

import random
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    build_schema,
    execute_sync,
    get_named_type,
    is_abstract_type,
    is_leaf_type,
    parse,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from router.executor.completion import complete
from router.executor.executable import ExecutablePlan
from router.executor.shape import IRREGULAR
from router.query_plan.nodes import ResponseField
from tests.router.executor.planning import plan

SCHEMA = build_schema("""
    type Query { node: Node  must: Node!  nodes: [Node!]  any: U  all: [U]!  color: Color!
                 grid: [[Int!]]!  word: String }
    interface Node { id: ID!  name: String!  next: Node  kids: [Node!]! }
    type Book implements Node {
      id: ID!  name: String!  next: Node  kids: [Node!]!  pages: Int!  color: Color  authors: [Author]!
    }
    type Movie implements Node {
      id: ID!  name: String!  next: Node  kids: [Node!]!  length: Float!  tags: [[String!]!]  seen: Boolean  raw: Json
    }
    type Author { name: String!  books: [Book!]!  age: Int }
    union U = Book | Author
    enum Color { RED GREEN }
    scalar Json
""")

_LEAVES: dict[str, list[Any]] = {
    "Int": [0, -7, 2**31 - 1],
    "Float": [1.5, -3.25],
    "String": ["", "word"],
    "ID": ["1", "x"],
    "Boolean": [True, False],
    "Json": [{"any": [1]}, 5, "x"],
    "Color": ["RED", "GREEN"],
}


class Case:
    """A random operation and random data for it."""

    def __init__(self, seed: int, trouble: float) -> None:
        self.random = random.Random(seed)  # noqa: S311 - test data
        self.trouble = trouble
        self.conditional = 0
        self.operation = f"query($yes: Boolean! $no: Boolean!) {self.selection(SCHEMA.type_map['Query'], 0)}"
        self.plan = plan(SCHEMA, self.operation, None)
        self.data = self.object_of(SCHEMA.type_map["Query"], self.plan.response)

    def selection(self, type_: Any, depth: int) -> str:
        chosen = []
        if is_abstract_type(type_):
            possible = SCHEMA.get_possible_types(type_)
            asked = self.random.sample(possible, self.random.randint(0, len(possible)))
            chosen += [f"... on {concrete.name} {self.selection(concrete, depth)}" for concrete in asked]
        for name, field in getattr(type_, "fields", {}).items():
            if self.random.random() < (0.5 if depth < 2 else 0.25):
                named = get_named_type(field.type)
                if is_leaf_type(named):
                    chosen.append(self.leaf(name, type_))
                elif depth < 3:
                    key = self.alias(name, type_)
                    chosen.append(f"{key} {self.selection(named, depth + 1)}")
        if not chosen or self.random.random() < 0.3:
            chosen.append(self.random.choice(["__typename", f"kind{len(chosen)}{depth}{type_.name}: __typename"]))
        return "{ " + " ".join(chosen) + " }"

    def leaf(self, name: str, type_: Any) -> str:
        """A field with a condition gets a response key of its own, since conditions of merged fields would unite."""
        directive = self.random.choice(["", "", "", " @include(if: $yes)", " @include(if: $no)", " @skip(if: $no)"])
        if directive:
            self.conditional += 1
            return f"{name}{self.conditional}: {name}{directive}"
        return name

    def alias(self, name: str, type_: Any) -> str:
        """The alias carries the type, so that no two of them conflict."""
        return f"{name}{type_.name}: {name}"

    def object_of(self, type_: Any, fields: tuple[ResponseField, ...]) -> dict[str, Any]:
        concrete = type_
        if is_abstract_type(type_):
            concrete = self.random.choice(SCHEMA.get_possible_types(type_))
        value: dict[str, Any] = {"__typename": concrete.name}
        for field in fields:
            if field.origin == "data" and (field.types is None or concrete.name in field.types):
                if self.random.random() < self.trouble / 2:
                    continue
                value[field.source_key] = self.value(field.type, field)
        if is_abstract_type(type_) and self.random.random() < self.trouble / 2 and fields[0].types is not None:
            value["__typename"] = self.random.choice(["Query", "Hidden"])
        return value

    def value(self, type_: GraphQLOutputType, field: ResponseField) -> Any:
        if isinstance(type_, GraphQLNonNull):
            return None if self.random.random() < self.trouble else self.present(type_.of_type, field)
        return None if self.random.random() < 0.1 + self.trouble else self.present(type_, field)

    def present(self, type_: Any, field: ResponseField) -> Any:
        if isinstance(type_, GraphQLList):
            return [self.value(type_.of_type, field) for _ in range(self.random.randint(0, 3))]
        if is_leaf_type(type_):
            if self.random.random() < self.trouble and type_.name != "Json":
                return "HIDDEN" if isinstance(type_, GraphQLEnumType) else {"not": "a leaf"}
            return self.random.choice(_LEAVES[type_.name])
        return self.object_of(type_, field.selections)


VARIABLES = {"yes": True, "no": False}


def expected(case: Case) -> tuple[Any, list[list[str | int]]]:
    result = execute_sync(
        SCHEMA,
        parse(case.operation),
        case.data,
        variable_values=VARIABLES,
        field_resolver=lambda source, info, **_: source.get(info.path.key),
    )
    return result.data, sorted((error.path or [] for error in result.errors or []), key=repr)


def test_the_schema_covers_every_kind_of_output_type() -> None:
    assert isinstance(SCHEMA.type_map["Author"], GraphQLObjectType)


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 2**40), st.sampled_from([0.0, 0.02, 0.1, 0.3]))
def test_completion_is_that_of_graphql_core(seed: int, trouble: float) -> None:
    case = Case(seed, trouble)
    data, paths = expected(case)
    completed, errors = complete(case.plan, SCHEMA, case.data, VARIABLES, [])
    assert completed == data, case.operation
    assert sorted((error["path"] for error in errors), key=repr) == paths, case.operation
    assert repr(completed) == repr(data)  # keys in the same order


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 2**40), st.sampled_from([0.0, 0.0, 0.05]))
def test_the_generated_shape_answers_regular_data_alone_and_alike(seed: int, trouble: float) -> None:
    case = Case(seed, trouble)
    data, paths = expected(case)
    executable = ExecutablePlan(case.plan, SCHEMA)
    try:
        shaped = executable.shape(case.data, VARIABLES)
    except IRREGULAR:
        assert paths, "regular data was refused"
    else:
        assert not paths, "irregular data was accepted"
        assert repr(shaped) == repr(data)
