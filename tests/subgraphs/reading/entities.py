"""Every entity of a subgraph with its keys and what its fields require, and operations that read all of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from graphql import (
    FieldNode,
    GraphQLEnumType,
    GraphQLList,
    GraphQLNonNull,
    ObjectTypeDefinitionNode,
    OperationDefinitionNode,
    SelectionSetNode,
    StringValueNode,
    parse,
)

from subgraphs.auth.domain import SCOPES
from tests.authorization.asking import parts, sample
from tests.authorization.rules import rules_of
from tests.authorization.schemas import fields_of, schema_of
from tests.authorization.specimens import ARGUMENTS, ENTITIES, specimen
from tests.fixtures.rooms import RoomClient

_SCHEMAS = Path(__file__).parents[3] / "schema"
_NOBODY = UUID(int=7)


@dataclass(frozen=True, slots=True)
class Entity:
    """An entity type as the exported SDL has it; ``required`` are the field sets of all @requires."""

    room: str
    name: str
    keys: tuple[str, ...]
    required: tuple[str, ...]

    def document(self) -> str:
        """All fields of the entity, in ``_entities``."""
        rules, schema = rules_of(self.room), schema_of(self.room)
        fields = " ".join(
            f"{coordinate.partition('.')[2]}{ARGUMENTS.get(coordinate, '')}{parts(field, schema, rules)}"
            for coordinate, field in fields_of(self.room).items()
            if coordinate.startswith(f"{self.name}.") and rules[coordinate] != "external"
        )
        return (
            "query($r: [_Any!]!) { _entities(representations: $r) "
            f"{{ __typename ... on {self.name} {{ {fields} }} }} }}"
        )


def entities_of(room: str) -> list[Entity]:
    """Those that can be entered."""
    found = []
    for node in parse((_SCHEMAS / f"{room}.graphql").read_text()).definitions:
        if isinstance(node, ObjectTypeDefinitionNode):
            keys = [key for key in node.directives or () if key.name.value == "key"]
            enterable = [
                _field_set(key) for key in keys if not any(a.name.value == "resolvable" for a in key.arguments)
            ]
            required = [
                _field_set(each)
                for field in node.fields or ()
                for each in field.directives or ()
                if each.name.value == "requires"
            ]
            if enterable:
                found.append(Entity(room, node.name.value, tuple(enterable), tuple(required)))
    return found


async def represented(room: RoomClient, entity: Entity) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """One object of the demo shop by each of its keys, with all that is required; and a caller who may read it."""
    holder = "Cart" if entity.name == "CartLine" else entity.name
    found = await specimen(room, ENTITIES[entity.room, holder])
    caller = {"as_user": UUID(found.pop("owner") or str(_NOBODY)), "scopes": SCOPES}
    known = {"__typename": holder, **found}
    lines = []
    if holder == "Cart":
        [cart] = await room.entities("... on Cart { lines { id } }", known, **caller)
        lines = (cart or {})["lines"]
    if entity.name == "CartLine":
        known = {"__typename": entity.name, "id": lines[0]["id"]}
    named = " ".join(set(" ".join(entity.keys).split()))
    [values] = await room.entities(f"... on {entity.name} {{ {named} }}", known, **caller)
    fields = schema_of(entity.room).type_map[entity.name].fields  # type: ignore[attr-defined]
    extra: dict[str, Any] = {}
    for required in entity.required:
        extra = _joined(extra, _sample(fields, _selections(required), len(lines)))
    keys = [{name: (values or {})[name] for name in key.split()} for key in entity.keys]
    return [{"__typename": entity.name, **key, **extra} for key in keys], caller


def _sample(fields: Any, selections: SelectionSetNode, count: int) -> dict[str, Any]:
    """A value for each selected field; lists are as long as ``count``."""
    answer = {}
    for node in selections.selections:
        assert isinstance(node, FieldNode)
        type_, many = fields[node.name.value].type, False
        while isinstance(type_, GraphQLNonNull | GraphQLList):
            many, type_ = many or isinstance(type_, GraphQLList), type_.of_type
        if node.selection_set is not None:
            value = _sample(type_.fields, node.selection_set, count)
        else:
            value = next(iter(type_.values)) if isinstance(type_, GraphQLEnumType) else sample(type_)
        answer[node.name.value] = [value] * count if many else value
    return answer


def _joined(one: Any, other: Any) -> Any:
    if isinstance(one, list) and isinstance(other, list):
        return [_joined(left, right) for left, right in zip(one, other, strict=True)]
    if not (isinstance(one, dict) and isinstance(other, dict)):
        return other
    return {**one, **{key: _joined(one.get(key), value) for key, value in other.items()}}


def _field_set(directive: Any) -> str:
    [text] = [each.value.value for each in directive.arguments if isinstance(each.value, StringValueNode)]
    return str(text)


def _selections(field_set: str) -> SelectionSetNode:
    [operation] = parse(f"{{ {field_set} }}").definitions
    assert isinstance(operation, OperationDefinitionNode)
    return operation.selection_set


def without(representation: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The representation without one of its fields."""
    for missing in representation:
        yield {name: value for name, value in representation.items() if name != missing}
