"""A request's variables, coerced as their operation declares them (GraphQL spec §6.1.2).

Most values are already what coercion would make of them. Whether they are is decided by predicates compiled once per
operation; graphql-core is asked only about others, and says exactly what is wrong with those that are.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLScalarType,
    GraphQLSchema,
    Undefined,
    VariableDefinitionNode,
    type_from_ast,
)
from graphql.execution.values import get_variable_values

from router.gateway.coercion_messages import of_variable
from router.gateway.errors import invalid_operation

__all__ = ["Variables"]

Predicate = Callable[[Any], bool]
_MAX_ERRORS = 20
_MIN_INT, _MAX_INT = -(2**31), 2**31 - 1
_SCALARS: dict[str, Predicate] = {
    "Int": lambda value: type(value) is int and _MIN_INT <= value <= _MAX_INT,
    "Float": lambda value: type(value) is float,
    "String": lambda value: type(value) is str,
    "Boolean": lambda value: type(value) is bool,
    "ID": lambda value: type(value) is str,
}
_LEAVES = frozenset({str, int, float, bool})


class Variables:
    """The variables of one operation. Compiling costs time in proportion to the input types they reach."""

    def __init__(self, schema: GraphQLSchema, definitions: Sequence[VariableDefinitionNode], hide_names: bool) -> None:
        self._schema = schema
        self._definitions = definitions
        self._hide_names = hide_names
        predicates = _Predicates()
        self._plain: list[tuple[str, Predicate, tuple[Any] | None, bool]] = []
        for node in definitions:
            type_ = type_from_ast(schema, node.type)
            default = self._default(node)
            optional = node.default_value is None and not isinstance(type_, GraphQLNonNull)
            self._plain.append(
                (node.variable.name.value, predicates.of(cast("GraphQLInputType", type_)), default, optional)
            )

    def coerce(self, given: dict[str, Any]) -> dict[str, Any]:
        """The values of the variables that have one, defaults included.

        O(size of the values): once where they are what coercion makes of them, else once more by graphql-core. Raises
        ``RequestError``: VALIDATION_INVALID_TYPE_VARIABLE, with the first twenty faults.
        """
        coerced = {}
        for name, unchanged, default, optional in self._plain:
            if name in given:
                value = given[name]
                if not unchanged(value):
                    return self._coerce_exactly(given)
                coerced[name] = value
            elif default is not None:
                coerced[name] = default[0]
            elif not optional:
                return self._coerce_exactly(given)
        return coerced

    def _default(self, node: VariableDefinitionNode) -> tuple[Any] | None:
        """The coerced default in a tuple, None when there is none that is valid."""
        if node.default_value is None:
            return None
        alone = get_variable_values(self._schema, [node], {})
        return None if isinstance(alone, list) else (alone.coerced[node.variable.name.value],)

    def _coerce_exactly(self, given: dict[str, Any]) -> dict[str, Any]:
        coerced = get_variable_values(self._schema, self._definitions, given, _MAX_ERRORS, self._hide_names)
        if isinstance(coerced, list):
            for error in coerced:
                error.message = of_variable(error.message)
            raise invalid_operation("VALIDATION_INVALID_TYPE_VARIABLE", coerced)
        return coerced.coerced


def _never(value: Any) -> bool:
    return False


class _Predicates:
    """Whether coercion to a type leaves a value as it is. ``False`` only says that it has to be asked."""

    def __init__(self) -> None:
        self._objects: dict[str, Predicate] = {}

    def of(self, type_: GraphQLInputType | None) -> Predicate:
        if isinstance(type_, GraphQLNonNull):
            return self._present(type_.of_type)
        unchanged = self._present(type_)
        return lambda value: value is None or unchanged(value)

    def _present(self, type_: GraphQLInputType | None) -> Predicate:
        match type_:
            case GraphQLScalarType(name=name) if name in _SCALARS:
                return _SCALARS[name]
            case GraphQLScalarType() if type_.coerce_input_value is GraphQLScalarType.parse_value:
                return lambda value: type(value) in _LEAVES
            case GraphQLEnumType(values=values):
                names = frozenset(name for name, value in values.items() if value.value == name)
                return lambda value: type(value) is str and value in names
            case GraphQLList(of_type=item):
                unchanged = self.of(item)
                return lambda value: type(value) is list and all(map(unchanged, value))
            case GraphQLInputObjectType() if not type_.is_one_of:
                return lambda value: self._object(type_)(value)
        return _never

    def _object(self, type_: GraphQLInputObjectType) -> Predicate:
        known = self._objects.get(type_.name)
        if known is None:
            known = self._objects[type_.name] = self._make_object(type_)
        return known

    def _make_object(self, type_: GraphQLInputObjectType) -> Predicate:
        if any(field.out_name is not None for field in type_.fields.values()):
            return _never
        fields = {name: self.of(field.type) for name, field in type_.fields.items()}
        wanted = {
            name
            for name, field in type_.fields.items()
            if isinstance(field.type, GraphQLNonNull) or field.default_value is not Undefined or field.default
        }

        def unchanged(value: Any) -> bool:
            if type(value) is not dict or not wanted <= value.keys() or not value.keys() <= fields.keys():
                return False
            return all(fields[name](inner) for name, inner in value.items())

        return unchanged
