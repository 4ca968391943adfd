"""Random operations that are valid for an API schema: what clients write, and what they hardly ever write."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    Undefined,
    get_named_type,
    is_composite_type,
    parse,
    print_ast,
    validate,
)

__all__ = ["Operation", "random_operation"]

_INTROSPECTION = (
    '__type(name: "Query") { name fields { name } }',
    "__schema { queryType { name } types { name kind } }",
    'meta: __type(name: "Hue") { enumValues { name } }',
)


@dataclass(frozen=True)
class Operation:
    """A document and the variables of a request."""

    text: str
    variables: dict[str, Any]


def random_operation(schema: GraphQLSchema, seed: int) -> Operation | None:
    """An operation, or None when what was drawn is not valid: that two fields of one key differ is left to chance."""
    operation = _Writer(schema, random.Random(seed)).write()  # noqa: S311 - a seeded generator of examples
    document = parse(operation.text, no_location=True)
    return None if validate(schema, document) else Operation(print_ast(document), operation.variables)


@dataclass
class _Writer:
    schema: GraphQLSchema
    pick: random.Random
    definitions: dict[str, str] = field(default_factory=dict)
    variables: dict[str, Any] = field(default_factory=dict)
    fragments: dict[str, tuple[str, str]] = field(default_factory=dict)
    size: int = 0

    def write(self) -> Operation:
        mutation = self.schema.mutation_type is not None and self.pick.random() < 0.25
        root = self.schema.mutation_type if mutation else self.schema.query_type
        assert root is not None
        depth = self.pick.choice((2, 3, 3, 4, 5))
        self.density = self.pick.choice((0.3, 0.5, 0.8))
        body = self._selections(root, depth)
        head = ", ".join(self.definitions.values())
        text = f"{'mutation' if mutation else 'query'} Op{f'({head})' if head else ''} {body}"
        for name, (type_, selections) in self.fragments.items():
            text += f" fragment {name} on {type_} {selections}"
        return Operation(text, self.variables)

    # -- selections -------------------------------------------------------------------------------------------------

    def _selections(self, type_: GraphQLNamedType, depth: int) -> str:
        parts = list(self._parts(type_, depth))
        self.pick.shuffle(parts)
        return "{ " + " ".join(parts or [f"{self._alias('__typename', 0.2)}__typename"]) + " }"

    def _parts(self, type_: GraphQLNamedType, depth: int) -> Iterator[str]:
        pick = self.pick
        if pick.random() < 0.2:
            yield f"{self._alias('__typename', 0.3)}__typename{self._conditions()}"
        if type_ is self.schema.query_type and pick.random() < 0.05:
            yield pick.choice(_INTROSPECTION)
        if isinstance(type_, GraphQLObjectType | GraphQLInterfaceType):
            for name, definition in type_.fields.items():
                while pick.random() < self.density and self.size < 80:
                    yield from self._field(name, definition, depth)
                    if pick.random() < 0.85:
                        break
        for condition in self._type_conditions(type_):
            if pick.random() < (0.45 if not isinstance(type_, GraphQLObjectType) else 0.08):
                yield self._fragment(condition, depth)

    def _field(self, name: str, definition: Any, depth: int) -> Iterator[str]:
        target = get_named_type(definition.type)
        if is_composite_type(target) and depth <= 0:
            return
        self.size += 1
        arguments = self._arguments(definition.args)
        text = f"{self._alias(name, 0.75 if arguments else 0.12)}{name}{arguments}{self._conditions()}"
        yield f"{text} {self._selections(target, depth - 1)}" if is_composite_type(target) else text

    def _alias(self, name: str, probability: float) -> str:
        """An alias; now and then one that is a key field's or another field's name."""
        if self.pick.random() >= probability:
            return ""
        if self.pick.random() < 0.25:
            return f"{self.pick.choice(('id', 'code', 'x', 'spec', 'f1', 'f2', 'i3', '_entities', 'key'))}: "
        return f"{name.lstrip('_')}_{self.pick.randrange(50)}: "

    def _type_conditions(self, type_: GraphQLNamedType) -> list[GraphQLNamedType]:
        """Types that can stand in a fragment here: those that share a possible type."""
        own = self._possible(type_)
        others = [other for other in self.schema.type_map.values() if is_composite_type(other)]
        shared = [other for other in others if not other.name.startswith("__") and own & self._possible(other)]
        return sorted(shared, key=lambda other: other.name)

    def _possible(self, type_: GraphQLNamedType) -> set[str]:
        if isinstance(type_, GraphQLInterfaceType | GraphQLUnionType):
            return {one.name for one in self.schema.get_possible_types(type_)}
        return {type_.name}

    def _fragment(self, type_: GraphQLNamedType, depth: int) -> str:
        known = [name for name, (on, _) in self.fragments.items() if on == type_.name]
        if known and self.pick.random() < 0.3:
            return f"...{self.pick.choice(known)}{self._conditions()}"
        selections = self._selections(type_, depth - 1) if depth > 0 else "{ __typename }"
        if self.pick.random() < 0.3:
            name = f"F{len(self.fragments)}"
            self.fragments[name] = (type_.name, selections)
            return f"...{name}{self._conditions()}"
        return f"... on {type_.name}{self._conditions()} {selections}"

    def _conditions(self) -> str:
        found = ""
        for name in ("include", "skip"):
            if self.pick.random() < 0.06:
                found += f" @{name}(if: {self._condition()})"
        return found

    def _condition(self) -> str:
        if self.pick.random() < 0.15:
            return self.pick.choice(("true", "false"))
        name = self.pick.choice(("p", "q"))
        if name not in self.definitions:
            default = self.pick.random() < 0.3
            self.definitions[name] = f"${name}: Boolean{' = true' if default else '!'}"
            if not default or self.pick.random() < 0.5:
                self.variables[name] = self.pick.random() < 0.5
        return f"${name}"

    # -- arguments --------------------------------------------------------------------------------------------------

    def _arguments(self, arguments: dict[str, GraphQLArgument]) -> str:
        given = []
        for name, argument in arguments.items():
            required = isinstance(argument.type, GraphQLNonNull) and argument.default_value is Undefined
            if required or self.pick.random() < 0.5:
                given.append(f"{name}: {self._argument(argument.type)}")
        return f"({', '.join(given)})" if given else ""

    def _argument(self, type_: GraphQLInputType) -> str:
        if self.pick.random() < 0.35:
            return self._variable(type_)
        return self._literal(type_, 2)

    def _variable(self, type_: GraphQLInputType) -> str:
        """A new variable, or one there is already for the type."""
        for name, definition in self.definitions.items():
            if definition == f"${name}: {type_}" and self.pick.random() < 0.3:
                return f"${name}"
        name = f"v{len(self.definitions)}"
        definition = f"${name}: {type_}"
        optional = not isinstance(type_, GraphQLNonNull)
        default = optional and self.pick.random() < 0.3
        if default:
            literal = self._literal(type_, 2, variables=False)
            definition += f" = {literal}"
        self.definitions[name] = definition
        if not (optional and self.pick.random() < 0.25):
            self.variables[name] = self._json(type_, 2)
        return f"${name}"

    def _literal(self, type_: GraphQLInputType, depth: int, *, variables: bool = True) -> str:
        if isinstance(type_, GraphQLNonNull):
            return self._plain(type_.of_type, depth, variables=variables)
        return "null" if self.pick.random() < 0.08 else self._plain(type_, depth, variables=variables)

    def _plain(self, type_: GraphQLInputType, depth: int, *, variables: bool) -> str:
        if isinstance(type_, GraphQLList):
            if self.pick.random() < 0.15 and not isinstance(get_named_type(type_), GraphQLInputObjectType):
                return self._literal(type_.of_type, depth, variables=variables)  # one item stands for a list of it
            count = self.pick.randrange(3)
            return f"[{', '.join(self._literal(type_.of_type, depth, variables=variables) for _ in range(count))}]"
        if isinstance(type_, GraphQLInputObjectType):
            fields = []
            for name, one in type_.fields.items():
                if depth and self.pick.random() < 0.4:
                    use = variables and self.pick.random() < 0.2
                    value = self._variable(one.type) if use else self._literal(one.type, depth - 1, variables=variables)
                    fields.append(f"{name}: {value}")
            return f"{{{', '.join(fields)}}}"
        if isinstance(type_, GraphQLEnumType):
            return self.pick.choice(sorted(type_.values))
        match get_named_type(type_).name:
            case "Int":
                return str(self.pick.choice((0, 1, 5, -3)))
            case "Boolean":
                return self.pick.choice(("true", "false"))
        return self.pick.choice(('"a"', '"b c"', '""', '"\\u00e9\\n"', '"""block"""'))

    def _json(self, type_: GraphQLInputType, depth: int) -> Any:
        """A variable's value."""
        if isinstance(type_, GraphQLNonNull):
            return self._json_value(type_.of_type, depth)
        return None if self.pick.random() < 0.1 else self._json_value(type_, depth)

    def _json_value(self, type_: GraphQLInputType, depth: int) -> Any:
        if isinstance(type_, GraphQLList):
            return [self._json(type_.of_type, depth) for _ in range(self.pick.randrange(3))]
        if isinstance(type_, GraphQLInputObjectType):
            return {
                name: self._json(one.type, depth - 1)
                for name, one in type_.fields.items()
                if depth and self.pick.random() < 0.4
            }
        if isinstance(type_, GraphQLEnumType):
            return self.pick.choice(sorted(type_.values))
        match get_named_type(type_).name:
            case "Int":
                return self.pick.choice((0, 2, -7))
            case "Boolean":
                return self.pick.random() < 0.5
        return self.pick.choice(("a", "\u00e9\n", "", "z" * 30))
