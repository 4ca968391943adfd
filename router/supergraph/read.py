"""Reading supergraph SDL: the join specification's directives become the model's joins.

See https://specs.apollo.dev/join/. From v0.2 on a type says in which subgraphs it is; in v0.1 a type without
``@join__type`` is in all of them, an entity's fields without ``@join__field`` belong to its ``@join__owner``, and what
is external goes without saying.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from graphql import (
    ConstDirectiveNode,
    DirectiveDefinitionNode,
    DocumentNode,
    EnumTypeDefinitionNode,
    FieldDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    InterfaceTypeDefinitionNode,
    ObjectTypeDefinitionNode,
    UnionTypeDefinitionNode,
    build_ast_schema,
    get_named_type,
    parse_type,
    value_from_ast_untyped,
)

from router.specs.sdl import parse_sdl
from router.supergraph.api_schema import api_document, plain_document
from router.supergraph.authorization import read_authorization
from router.supergraph.contexts import Contexts
from router.supergraph.field_set import FieldSet, parse_field_set
from router.supergraph.implied_external import with_external_fields
from router.supergraph.links import SupergraphLinks
from router.supergraph.model import FieldJoin, JoinedField, JoinedType, Key, Supergraph, TypeJoin

__all__ = ["SupergraphError", "read_supergraph", "read_supergraph_document"]

_Composite = ObjectTypeDefinitionNode | InterfaceTypeDefinitionNode | UnionTypeDefinitionNode


_DIRECTIVES = ("graph", "type", "field", "implements", "unionMember", "owner")


class SupergraphError(ValueError):
    """The text is not a supergraph: it does not parse, links no join specification, or contradicts itself."""


def read_supergraph(sdl: str) -> Supergraph:
    """Read supergraph SDL of any join version. Raises ``SupergraphError`` with a sentence that says what is wrong.

    Builds two GraphQL schemas: with and without what clients must not see.
    """
    try:
        document = parse_sdl(sdl)
    except GraphQLError as error:
        raise SupergraphError(f"The supergraph cannot be read: {error}") from error
    return read_supergraph_document(document)


def read_supergraph_document(document: DocumentNode) -> Supergraph:
    """The same for SDL that is parsed already; raises as ``read_supergraph``."""
    try:
        links = SupergraphLinks.of(document)
        if links.feature("join") is None:
            raise SupergraphError("The schema links no join specification, so it is no supergraph.")
        schema = build_ast_schema(plain_document(document, links), assume_valid=True, assume_valid_sdl=True)
        api_schema = build_ast_schema(api_document(document, links), assume_valid_sdl=True)
        reader = _Reader(document, links, schema)
        return Supergraph(schema, api_schema, reader.subgraphs(), reader.types(), read_authorization(document, links))
    except (GraphQLError, TypeError) as error:
        raise SupergraphError(f"The supergraph cannot be read: {error}") from error


class _Reader:
    def __init__(self, document: DocumentNode, links: SupergraphLinks, schema: GraphQLSchema) -> None:
        self._document = document
        self._schema = schema
        self._links = links
        self._name = {name: links.directive("join", name) or name for name in _DIRECTIVES}
        join = links.feature("join")
        self._graph_enum = "join__Graph" if join is None else join.local_name("Graph")
        self._graphs = dict(self._read_graphs())
        self._contexts = Contexts(document, links, schema)
        self._owned = any(
            isinstance(node, DirectiveDefinitionNode) and node.name.value == self._name["owner"]
            for node in document.definitions
        )

    def subgraphs(self) -> Mapping[str, str]:
        return dict(self._graphs.values())

    def types(self) -> Mapping[str, JoinedType]:
        types = dict(self._read_types())
        return with_external_fields(self._schema, types) if self._owned else types

    def _read_types(self) -> Iterator[tuple[str, JoinedType]]:
        for node in self._document.definitions:
            if isinstance(node, _Composite) and not self._links.owns_type(node.name.value):
                yield node.name.value, self._type(node)

    def _read_graphs(self) -> Iterator[tuple[str, tuple[str, str]]]:
        for node in self._document.definitions:
            if isinstance(node, EnumTypeDefinitionNode) and node.name.value == self._graph_enum:
                for value in node.values or ():
                    for arguments in self._applications(value.directives, "graph"):
                        yield value.name.value, (arguments["name"], arguments.get("url") or "")

    def _applications(self, directives: Iterable[ConstDirectiveNode] | None, name: str) -> list[dict[str, Any]]:
        return [
            {argument.name.value: value_from_ast_untyped(argument.value) for argument in directive.arguments or ()}
            for directive in directives or ()
            if directive.name.value == self._name[name]
        ]

    def _graph(self, value: str) -> str:
        try:
            return self._graphs[value][0]
        except KeyError:
            raise SupergraphError(f"{value} is not a value of join__Graph.") from None

    def _type(self, node: _Composite) -> JoinedType:
        name = node.name.value
        joins = self._type_joins(node)
        fields = {}
        if not isinstance(node, UnionTypeDefinitionNode):
            owners = [self._graph(found["graph"]) for found in self._applications(node.directives, "owner")]
            fields = {field.name.value: self._field(name, field, joins, owners) for field in node.fields or ()}
        return JoinedType(name, joins, fields, self._implements(node, joins), self._members(node, joins))

    def _type_joins(self, node: _Composite) -> dict[str, TypeJoin]:
        name = node.name.value
        joins: dict[str, TypeJoin] = {}
        for found in self._applications(node.directives, "type"):
            graph = self._graph(found["graph"])
            known = joins.get(graph) or TypeJoin(graph)
            keys = known.keys
            if key := found.get("key"):
                keys = (*keys, Key(self._field_set(name, key), found.get("resolvable", True)))
            joins[graph] = TypeJoin(
                graph,
                keys,
                known.extension or found.get("extension", False),
                known.interface_object or found.get("isInterfaceObject", False),
            )
        if not joins and self._owned:
            return {graph: TypeJoin(graph) for graph, _ in self._graphs.values()}
        return joins

    def _field(
        self, parent: str, node: FieldDefinitionNode, joins: Mapping[str, TypeJoin], owners: list[str]
    ) -> JoinedField:
        applications = self._applications(node.directives, "field")
        found = [self._field_join(parent, node, entry) for entry in applications if entry.get("graph")]
        if not applications:
            found = [FieldJoin(graph, node.type) for graph in owners or joins]
        if owners:
            known = {join.graph for join in found}
            keyed = (join for join in joins.values() if any(_names(key.fields, node.name.value) for key in join.keys))
            found += [FieldJoin(join.graph, node.type) for join in keyed if join.graph not in known]
        return JoinedField(node.name.value, node.type, {join.graph: join for join in found})

    def _field_join(self, parent: str, node: FieldDefinitionNode, found: dict[str, Any]) -> FieldJoin:
        target = _named_type(self._schema, parent, node.name.value)
        return FieldJoin(
            graph=self._graph(found["graph"]),
            type=parse_type(found["type"], no_location=True) if found.get("type") else node.type,
            external=found.get("external", False) or False,
            requires=self._field_set(parent, found["requires"]) if found.get("requires") else (),
            provides=self._field_set(target, found["provides"]) if found.get("provides") else (),
            override=found.get("override"),
            override_label=found.get("overrideLabel"),
            used_overridden=found.get("usedOverridden", False) or False,
            context_arguments=tuple(map(self._contexts.argument, found.get("contextArguments") or ())),
        )

    def _field_set(self, parent: str, text: str) -> FieldSet:
        return parse_field_set(self._schema, parent, text)

    def _implements(self, node: _Composite, joins: Mapping[str, TypeJoin]) -> dict[str, frozenset[str]]:
        if isinstance(node, UnionTypeDefinitionNode):
            return {}
        found = self._applications(node.directives, "implements")
        if not found:
            every = frozenset(interface.name.value for interface in node.interfaces or ())
            return dict.fromkeys(joins, every) if every else {}
        return _collect((self._graph(entry["graph"]), entry["interface"]) for entry in found)

    def _members(self, node: _Composite, joins: Mapping[str, TypeJoin]) -> dict[str, frozenset[str]]:
        if not isinstance(node, UnionTypeDefinitionNode):
            return {}
        found = self._applications(node.directives, "unionMember")
        if not found:
            return dict.fromkeys(joins, frozenset(member.name.value for member in node.types or ()))
        return _collect((self._graph(entry["graph"]), entry["member"]) for entry in found)


def _collect(pairs: Iterable[tuple[str, str]]) -> dict[str, frozenset[str]]:
    collected: dict[str, frozenset[str]] = {}
    for graph, name in pairs:
        collected[graph] = collected.get(graph, frozenset()) | {name}
    return collected


def _names(fields: FieldSet, name: str) -> bool:
    return any(field.name == name for field in fields)


def _named_type(schema: GraphQLSchema, parent: str, field: str) -> str:
    parent_type: Any = schema.type_map[parent]
    return str(get_named_type(parent_type.fields[field].type).name)
