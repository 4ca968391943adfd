"""Subgraph SDL as the fuzzer understands it, read without any of the router's code.

The oracle must not share a reader with what it judges, so federation's directives are interpreted here a second time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    DocumentNode,
    EnumTypeDefinitionNode,
    FieldNode,
    GraphQLSchema,
    InlineFragmentNode,
    ListTypeNode,
    NamedTypeNode,
    NonNullTypeNode,
    OperationDefinitionNode,
    SchemaDefinitionNode,
    SchemaExtensionNode,
    SelectionSetNode,
    TypeNode,
    UnionTypeDefinitionNode,
    build_ast_schema,
    get_argument_values,
    parse,
    print_ast,
    value_from_ast_untyped,
)

__all__ = ["Selection", "SubgraphField", "SubgraphSchema", "SubgraphType", "read_subgraph"]

Selections = tuple["Selection", ...]


@dataclass(frozen=True)
class Selection:
    """One field of a field set; ``types`` are the type conditions around it, outermost first."""

    node: FieldNode
    types: tuple[str, ...]
    selections: Selections

    @property
    def name(self) -> str:
        """The field's name."""
        return self.node.name.value


@dataclass
class SubgraphField:
    """``levels`` says from the outside to the inside whether null is allowed; the last one is the named type's."""

    levels: tuple[bool, ...]
    named: str
    arguments: frozenset[str]
    hidden_arguments: frozenset[str]
    external: bool
    inaccessible: bool
    requires: Selections
    provides: Selections
    contexts: Mapping[str, tuple[str, Selections]]
    """Arguments that take their value from above: the context, and what is read of an object that sets it."""
    override_from: str | None
    override_label: str | None


@dataclass
class SubgraphType:
    """A type of one subgraph; a root type has its usual name."""

    name: str
    kind: str
    extension: bool
    interface_object: bool
    keys: list[tuple[Selections, bool]] = field(default_factory=list)
    implements: set[str] = field(default_factory=set)
    members: set[str] = field(default_factory=set)
    contexts: set[str] = field(default_factory=set)
    """Those that its objects set."""
    values: dict[str, bool] = field(default_factory=dict)
    fields: dict[str, SubgraphField] = field(default_factory=dict)


@dataclass
class SubgraphSchema:
    """One subgraph: its types by the supergraph's names, and an executable schema with what federation adds."""

    name: str
    types: dict[str, SubgraphType]
    roots: dict[str, str]
    """The subgraph's own names of root types, to the usual ones."""
    schema: GraphQLSchema

    def coerced(self, type_name: str, node: FieldNode) -> dict[str, Any]:
        """The arguments of a field in a field set, with defaults, as the field's resolver would get them."""
        type_: Any = self.schema.type_map[type_name]
        return get_argument_values(type_.fields[node.name.value], node)


def read_subgraph(name: str, sdl: str) -> SubgraphSchema:
    """Read one subgraph; its SDL is one that composition accepts."""
    document = parse(sdl, no_location=True)
    names = _directive_names(document)
    roots = _roots(document)
    types: dict[str, SubgraphType] = {}
    for node in document.definitions:
        if not isinstance(node, SchemaDefinitionNode | SchemaExtensionNode):
            read = _type(node, names, roots)
            types[read.name] = read
    return SubgraphSchema(name, types, roots, _executable(document, types, roots))


def field_set(text: str) -> Selections:
    """The selections of a ``fields:`` argument."""
    operation = parse(f"{{{text}}}", no_location=True).definitions[0]
    assert isinstance(operation, OperationDefinitionNode)
    return tuple(_selections(operation.selection_set, ()))


def _selections(node: SelectionSetNode, types: tuple[str, ...]) -> Iterator[Selection]:
    for selection in node.selections:
        if isinstance(selection, InlineFragmentNode):
            condition = () if selection.type_condition is None else (selection.type_condition.name.value,)
            yield from _selections(selection.selection_set, (*types, *condition))
        elif isinstance(selection, FieldNode):
            inner = () if selection.selection_set is None else tuple(_selections(selection.selection_set, ()))
            yield Selection(selection, types, inner)


def _directive_names(document: DocumentNode) -> dict[str, str]:
    """The names federation's directives have in this document, to their own."""
    names: dict[str, str] = {}
    for node in document.definitions:
        for directive in getattr(node, "directives", None) or ():
            if isinstance(node, SchemaDefinitionNode | SchemaExtensionNode) and directive.name.value == "link":
                link = {one.name.value: value_from_ast_untyped(one.value) for one in directive.arguments}
                for item in link.get("import", ()):
                    given = item if isinstance(item, dict) else {"name": item}
                    names[given.get("as", given["name"]).lstrip("@")] = given["name"].lstrip("@")
    return names


def _roots(document: DocumentNode) -> dict[str, str]:
    roots = {"Query": "Query", "Mutation": "Mutation", "Subscription": "Subscription"}
    for node in document.definitions:
        if isinstance(node, SchemaDefinitionNode):
            roots = {one.type.name.value: one.operation.value.capitalize() for one in node.operation_types}
    return roots


def _type(node: Any, names: Mapping[str, str], roots: Mapping[str, str]) -> SubgraphType:
    directives = _directives(node, names)
    own = node.name.value
    kind = node.kind.replace("_definition", "").replace("_extension", "")
    read = SubgraphType(
        roots.get(own, own),
        kind.removesuffix("_type"),
        extension="extension" in node.kind or "extends" in directives,
        interface_object="interfaceObject" in directives,
    )
    for key in directives.get("key", ()):
        read.keys.append((field_set(key["fields"]), key.get("resolvable", True)))
    read.contexts = {one["name"] for one in directives.get("context", ())}
    read.implements = {one.name.value for one in getattr(node, "interfaces", None) or ()}
    if isinstance(node, UnionTypeDefinitionNode):
        read.members = {one.name.value for one in node.types}
    elif isinstance(node, EnumTypeDefinitionNode):
        read.values = {one.name.value: "inaccessible" in _directives(one, names) for one in node.values}
    elif kind in ("object_type", "interface_type"):
        read.fields = {one.name.value: _field(one, names) for one in node.fields}
    return read


def _field(node: Any, names: Mapping[str, str]) -> SubgraphField:
    directives = _directives(node, names)
    levels, named = _levels(node.type)
    override = directives.get("override", [{}])[0]
    text = {one: directives.get(one, [{}])[0].get("fields", "") for one in ("requires", "provides")}
    return SubgraphField(
        levels,
        named,
        frozenset(one.name.value for one in node.arguments or ()),
        frozenset(one.name.value for one in node.arguments or () if "inaccessible" in _directives(one, names)),
        "external" in directives,
        "inaccessible" in directives,
        field_set(text["requires"]) if text["requires"] else (),
        field_set(text["provides"]) if text["provides"] else (),
        dict(_contexts(node, names)),
        override.get("from"),
        override.get("label"),
    )


def _contexts(node: Any, names: Mapping[str, str]) -> Iterator[tuple[str, tuple[str, Selections]]]:
    for argument in node.arguments or ():
        for given in _directives(argument, names).get("fromContext", ()):
            context, _, selection = given["field"].strip().removeprefix("$").partition(" ")
            yield argument.name.value, (context, field_set(f"... {selection}" if selection[:1] == "{" else selection))


def _directives(node: Any, names: Mapping[str, str]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for directive in getattr(node, "directives", None) or ():
        written = directive.name.value
        name = names.get(written, written.removeprefix("federation__"))
        values = {one.name.value: value_from_ast_untyped(one.value) for one in directive.arguments or ()}
        found.setdefault(name, []).append(values)
    return found


def _levels(node: TypeNode) -> tuple[tuple[bool, ...], str]:
    nullable = not isinstance(node, NonNullTypeNode)
    if isinstance(node, NonNullTypeNode):
        node = node.type
    if isinstance(node, ListTypeNode):
        inner, named = _levels(node.type)
        return (nullable, *inner), named
    assert isinstance(node, NamedTypeNode)
    return (nullable,), node.name.value


def _executable(document: DocumentNode, types: Mapping[str, SubgraphType], roots: Mapping[str, str]) -> GraphQLSchema:
    """The schema a federation library would serve: links and extensions resolved, ``_entities`` added."""
    text = "\n".join(print_ast(node) for node in document.definitions if not isinstance(node, SchemaExtensionNode))
    text = text.replace("extend type ", "type ").replace("extend interface ", "interface ")
    entities = sorted(
        one.name for one in types.values() if one.kind == "object" and any(resolvable for _, resolvable in one.keys)
    )
    query = next((own for own, usual in roots.items() if usual == "Query"), "Query")
    word = "extend type" if "Query" in types else "type"
    if "Query" not in types and any(isinstance(node, SchemaDefinitionNode) for node in document.definitions):
        text += f"\nextend schema {{ query: {query} }}"
    text += _SERVICE.format(word=word, query=query)
    if entities:
        text += _ENTITIES.format(query=query, members=" | ".join(entities))
    return build_ast_schema(parse(text, no_location=True), assume_valid_sdl=True)


_SERVICE = """
type _Service {{ sdl: String! }}
{word} {query} {{ _service: _Service! }}
"""
_ENTITIES = """
scalar _Any
union _Entity = {members}
extend type {query} {{ _entities(representations: [_Any!]!): [_Entity]! }}
"""
