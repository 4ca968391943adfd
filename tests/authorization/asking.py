"""Operations made from a schema: the smallest that reaches a field, with arguments that are valid and harmless."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    Undefined,
    get_named_type,
    is_abstract_type,
    is_leaf_type,
)

DENIALS = {"UNAUTHENTICATED", "FORBIDDEN", "UNAUTHORIZED_FIELD_OR_TYPE"}
_NOBODY = str(UUID(int=7))
_SCALARS: dict[str, Any] = {
    "ID": _NOBODY,
    "String": "x",
    "Int": 1,
    "Float": 1.0,
    "Boolean": False,
    "Decimal": "1.00",
    "DateTime": "2026-01-01T00:00:00Z",
    "Date": "2000-01-01",
    "JSON": {},
}


def selection(field: GraphQLField) -> str:
    """Nothing below a leaf, else the least that can be selected."""
    return "" if is_leaf_type(get_named_type(field.type)) else " { __typename }"


def parts(field: GraphQLField, schema: GraphQLSchema, rules: Mapping[str, str]) -> str:
    """A selection of all parts of the value that the field holds, and of theirs; of an entity only what it is."""
    return _parts(get_named_type(field.type), schema, rules, ())


def parts_below(field: GraphQLField, schema: GraphQLSchema, rules: Mapping[str, str]) -> set[str]:
    """The coordinates that ``parts`` selects."""
    found: set[str] = set()
    waiting = [get_named_type(field.type)]
    while waiting:
        for holder in _holders(waiting.pop(), schema):
            for name, each in holder.fields.items():
                coordinate = f"{holder.name}.{name}"
                if rules.get(coordinate) == "part" and coordinate not in found:
                    found.add(coordinate)
                    waiting.append(get_named_type(each.type))
    return found


def _parts(type_: Any, schema: GraphQLSchema, rules: Mapping[str, str], above: tuple[str, ...]) -> str:
    if is_leaf_type(type_):
        return ""
    inner = ["__typename"]
    for holder in _holders(type_, schema):
        if holder.name in above:
            continue
        chosen = []
        for name, each in holder.fields.items():
            if rules.get(f"{holder.name}.{name}") == "part":
                below = _parts(get_named_type(each.type), schema, rules, (*above, holder.name))
                chosen.append(f"{_alias(holder, name, type_)}{name}{below}")
        if chosen:
            inner.append(f"... on {holder.name} {{ {' '.join(chosen)} }}")
    return f" {{ {' '.join(inner)} }}"


def _alias(holder: GraphQLObjectType, name: str, type_: Any) -> str:
    """Members of an interface may hold fields of one name and different types."""
    return f"{holder.name}_{name}: " if is_abstract_type(type_) else ""


def _holders(type_: Any, schema: GraphQLSchema) -> Iterator[GraphQLObjectType]:
    if is_abstract_type(type_):
        yield from schema.get_possible_types(type_)
    elif isinstance(type_, GraphQLObjectType):
        yield type_


def sample(type_: GraphQLInputType) -> Any:
    """A valid value that names nothing which exists."""
    match type_:
        case GraphQLNonNull():
            return sample(type_.of_type)
        case GraphQLList():
            return [sample(type_.of_type)]
        case GraphQLEnumType():
            return next(iter(type_.values))
        case GraphQLInputObjectType():
            return {name: sample(each.type) for name, each in type_.fields.items() if _needed(each)}
        case GraphQLScalarType():
            return _SCALARS[type_.name]
    raise TypeError(type_)


def call(name: str, field: GraphQLField, given: dict[str, Any] | None = None) -> tuple[str, dict[str, Any]]:
    """``name($x: T, ...)`` of a mutation with its needed arguments as variables: the operation and the variables."""
    values = {key: sample(each.type) for key, each in field.args.items() if _needed(each)} | (given or {})
    declared = ", ".join(f"${key}: {field.args[key].type}" for key in values)
    passed = ", ".join(f"{key}: ${key}" for key in values)
    inner = f"{name}({passed})" if values else name
    return f"mutation{f'({declared})' if values else ''} {{ {inner}{selection(field)} }}", values


def denied(answer: dict[str, Any]) -> bool:
    """Whether some error says that the caller may not."""
    return any((error.get("extensions") or {}).get("code") in DENIALS for error in answer.get("errors", ()))


def _needed(each: Any) -> bool:
    return isinstance(each.type, GraphQLNonNull) and (
        not isinstance(each, GraphQLArgument) or each.default_value is Undefined
    )
