"""Representations of entities as ``_entities`` is given them: what may be handed to a ``resolve_reference``.

The router sends what a subgraph answered before, so a representation that does not fit the schema is somebody else's:
it is refused before any resolver sees it, and no resolver has to ask what kind of value it holds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from graphql import (
    GraphQLError,
    GraphQLID,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    is_leaf_type,
)
from strawberry.federation.schema_directives import Key
from strawberry.types.base import StrawberryObjectDefinition

MAX_KEY_CHARACTERS = 1_000


class InvalidRepresentation(ValueError):  # noqa: N818
    """The representation has no whole key of its type, or a value of another type than its field."""


class EntityType:
    """An entity type that can be entered: its keys, and what its fields accept."""

    def __init__(self, type_: GraphQLObjectType, definition: StrawberryObjectDefinition) -> None:
        self.resolve: Callable[..., Any] = definition.origin.resolve_reference
        self._type = type_
        self._keys = [_names(str(each.fields)) for each in definition.directives or () if isinstance(each, Key)]

    def read(self, representation: Mapping[str, Any]) -> dict[str, Any]:
        """The arguments of ``resolve``: fields of the type alone, ids as text. Raises InvalidRepresentation."""
        if not any(all(_is_key_value(representation.get(name)) for name in key) for key in self._keys):
            raise InvalidRepresentation("no whole key")
        return _object(self._type, representation)


def _names(field_set: str) -> tuple[str, ...]:
    if "{" in field_set:
        raise ValueError(f"a key is made of plain fields, not {field_set!r}")
    return tuple(field_set.split())


def _is_key_value(value: Any) -> bool:
    """A text that is too long, or has NUL, is no part of any key."""
    return value is not None and not (isinstance(value, str) and ("\x00" in value or len(value) > MAX_KEY_CHARACTERS))


def _object(type_: GraphQLObjectType, given: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _value(type_.fields[name].type, inner) for name, inner in given.items() if name in type_.fields}


def _value(type_: GraphQLOutputType, given: Any) -> Any:
    """The value as resolvers take it: as it came, ids as text. Null may stand anywhere: the router had no value."""
    if isinstance(type_, GraphQLNonNull):
        type_ = type_.of_type
    if given is None:
        return None
    if isinstance(type_, GraphQLList):
        if not isinstance(given, list):
            raise InvalidRepresentation("not a list")
        return [_value(type_.of_type, each) for each in given]
    if isinstance(type_, GraphQLObjectType):
        if not isinstance(given, Mapping):
            raise InvalidRepresentation("not an object")
        return _object(type_, given)
    if is_leaf_type(type_):
        try:
            parsed = type_.parse_value(given)
        except GraphQLError as error:
            raise InvalidRepresentation("not of its type") from error
        return parsed if type_ is GraphQLID else given
    return given  # of an abstract type, which no key and no required field has
