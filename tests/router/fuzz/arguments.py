"""Random arguments: literals, and variables with values and defaults, of every input type a schema has."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    Undefined,
    get_named_type,
)

__all__ = ["Arguments"]


@dataclass
class Arguments:
    """Writes the arguments of one operation and keeps the variables they use."""

    pick: random.Random
    definitions: dict[str, str] = field(default_factory=dict)
    """Variables by name, as they are defined."""
    variables: dict[str, Any] = field(default_factory=dict)
    """Their values in the request."""

    def condition(self) -> str:
        """The value of an ``if`` argument."""
        if self.pick.random() < 0.15:
            return self.pick.choice(("true", "false"))
        name = self.pick.choice(("p", "q"))
        if name not in self.definitions:
            default = self.pick.random() < 0.3
            self.definitions[name] = f"${name}: Boolean{' = true' if default else '!'}"
            if not default or self.pick.random() < 0.5:
                self.variables[name] = self.pick.random() < 0.5
        return f"${name}"

    def given(self, arguments: dict[str, GraphQLArgument]) -> str:
        """Arguments of a field as they are written, brackets included."""
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
