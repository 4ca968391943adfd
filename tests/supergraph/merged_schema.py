"""The oracle: one plain GraphQL schema over all six subgraphs, executed by graphql-core, field by field.

It shares no code with the router. There is no plan: every field of an entity is one request to the subgraph that owns
it, by the entity's key, and everything below it that is no entity comes along. Slow and obviously right.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLField,
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLSchema,
    SelectionSetNode,
    Undefined,
    ast_from_value,
    build_schema,
    execute_sync,
    get_named_type,
    parse,
    print_ast,
    value_from_ast_untyped,
)
from graphql.execution.values import get_argument_values
from graphql.language import FragmentDefinitionNode, FragmentSpreadNode, InlineFragmentNode

Ask = Callable[[str, str, Mapping[str, Any] | None], dict[str, Any]]
"""``ask(room, query, variables)``: the ``data`` that this subgraph answers."""


@dataclass(frozen=True, slots=True)
class Entity:
    """An object that other subgraphs know: its type and every key field learnt so far."""

    type_name: str
    keys: dict[str, Any]


@dataclass(slots=True)
class Ownership:
    """What the subgraphs' schemas say about who resolves what."""

    keys: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    """(room, type) -> field sets of its resolvable keys."""
    owners: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    """(type, field) -> rooms that resolve it."""
    requires: dict[tuple[str, str, str], str] = field(default_factory=dict)
    """(room, type, field) -> field set."""

    @classmethod
    def read(cls, sdl_by_room: Mapping[str, str]) -> Ownership:
        found = cls()
        for room, sdl in sdl_by_room.items():
            for node in parse(sdl).definitions:
                if getattr(node, "kind", "").startswith("object_type"):
                    found._read_type(room, node)
        return found

    def _read_type(self, room: str, node: Any) -> None:
        name = node.name.value
        keys = [_arguments(each) for each in node.directives or () if each.name.value == "key"]
        if usable := [key["fields"] for key in keys if key.get("resolvable", True)]:
            self.keys[room, name] = usable
        for each in node.fields or ():
            directives = {directive.name.value: _arguments(directive) for directive in each.directives or ()}
            if "external" not in directives:
                self.owners.setdefault((name, each.name.value), []).append(room)
            if "requires" in directives:
                self.requires[room, name, each.name.value] = directives["requires"]["fields"]

    def is_entity(self, type_name: str) -> bool:
        return any(name == type_name for _, name in self.keys)

    def key_of(self, room: str, type_name: str) -> str:
        return self.keys.get((room, type_name), ["id"])[0]


class MergedSchema:
    """Executes operations of the API schema over the subgraphs that ``ask`` reaches."""

    def __init__(self, api_sdl: str, sdl_by_room: Mapping[str, str], ask: Ask) -> None:
        self.schema: GraphQLSchema = build_schema(api_sdl, assume_valid=True)
        self.who = Ownership.read(sdl_by_room)
        self.ask = ask

    def execute(self, query: str, variables: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """``data`` of the operation; any error is raised."""
        document: DocumentNode = parse(query)
        result = execute_sync(
            self.schema, document, variable_values=dict(variables or {}), field_resolver=self._resolve
        )
        if result.errors:
            raise result.errors[0]
        data: dict[str, Any] = result.data
        return data

    def _resolve(self, source: Any, info: GraphQLResolveInfo, **arguments: Any) -> Any:
        if isinstance(source, dict):
            return self._wrap(source.get(str(info.path.key)), info)
        name, parent = info.field_name, info.parent_type.name
        if isinstance(source, Entity) and name in source.keys:
            return source.keys[name]
        room = self.who.owners[parent, name][0]
        selection = _Subselection(self, info, room).text()
        if not isinstance(source, Entity):
            return self._wrap(self.ask(room, f"{{ it: {selection} }}", None)["it"], info)
        representation = {"__typename": source.type_name, **self._key_for(room, source)}
        if needed := self.who.requires.get((room, parent, name)):
            representation |= self._values(source, needed)
        query = f"query($r: [_Any!]!) {{ _entities(representations: $r) {{ ... on {parent} {{ it: {selection} }} }} }}"
        found = self.ask(room, query, {"r": [representation]})["_entities"][0]
        return self._wrap(found and found["it"], info)

    def _key_for(self, room: str, entity: Entity) -> dict[str, Any]:
        for fields in self.who.keys[room, entity.type_name]:
            names = fields.split()
            if all(entity.keys.get(name) is not None for name in names):
                return {name: entity.keys[name] for name in names}
        raise LookupError(f"{room} cannot be entered for {entity.type_name} with {sorted(entity.keys)}")

    def _values(self, entity: Entity, fields: str) -> dict[str, Any]:
        """The values of a ``@requires`` field set: an operation of this very schema, started at the entity."""
        root = GraphQLObjectType("Start", {"start": self._start_field(entity)})
        schema = GraphQLSchema(query=root, types=list(self.schema.type_map.values()), assume_valid=True)
        result = execute_sync(schema, parse(f"{{ start {{ {fields} }} }}"), field_resolver=self._resolve)
        if result.errors:
            raise result.errors[0]
        values: dict[str, Any] = result.data["start"]
        return values

    def _start_field(self, entity: Entity) -> GraphQLField:
        return GraphQLField(cast(GraphQLObjectType, self.schema.type_map[entity.type_name]), resolve=lambda *_: entity)

    def _wrap(self, value: Any, info: GraphQLResolveInfo) -> Any:
        type_name = get_named_type(info.return_type).name
        if not self.who.is_entity(type_name):
            return value
        if isinstance(value, list):
            return [self._wrap(item, info) for item in value]
        return Entity(type_name, value) if isinstance(value, dict) else value


class _Subselection:
    """The client's field rewritten for one subgraph: values written out, entities cut down to their keys."""

    def __init__(self, oracle: MergedSchema, info: GraphQLResolveInfo, room: str) -> None:
        self.oracle, self.info, self.room = oracle, info, room

    def text(self) -> str:
        node = self.info.field_nodes[0]
        below = [each.selection_set for each in self.info.field_nodes if each.selection_set]
        arguments = self._arguments(node, self.info.parent_type)
        return f"{node.name.value}{arguments}{self._below(self.info.return_type, below)}"

    def _below(self, return_type: Any, selections: list[SelectionSetNode]) -> str:
        if not selections:
            return ""
        named = get_named_type(return_type)
        if self.oracle.who.is_entity(named.name):
            return f" {{ {self.oracle.who.key_of(self.room, named.name)} }}"
        fields = " ".join(
            f"{_response_key(node)}: {node.name.value}{self._arguments(node, named)}"
            + self._below(named.fields[node.name.value].type, [node.selection_set] if node.selection_set else [])
            for selection in selections
            for node in self._fields(selection)
            if node.name.value != "__typename"
        )
        return f" {{ {fields or '__typename'} }}"

    def _fields(self, selection: SelectionSetNode) -> Iterator[FieldNode]:
        for node in selection.selections:
            if isinstance(node, FieldNode):
                yield node
            elif isinstance(node, InlineFragmentNode):
                yield from self._fields(node.selection_set)
            elif isinstance(node, FragmentSpreadNode):
                fragment: FragmentDefinitionNode = self.info.fragments[node.name.value]
                yield from self._fields(fragment.selection_set)

    def _arguments(self, node: FieldNode, parent: Any) -> str:
        definition = parent.fields[node.name.value]
        given = {argument.name.value for argument in node.arguments or ()}
        values = get_argument_values(definition, node, self.info.variable_values)
        printed = [
            f"{name}: {print_ast(ast)}"
            for name, value in values.items()
            if name in given and value is not Undefined and (ast := ast_from_value(value, definition.args[name].type))
        ]
        return f"({', '.join(printed)})" if printed else ""


def _response_key(node: FieldNode) -> str:
    return node.alias.value if node.alias else node.name.value


def _arguments(directive: Any) -> dict[str, Any]:
    return {each.name.value: value_from_ast_untyped(each.value) for each in directive.arguments or ()}
