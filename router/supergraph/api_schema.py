"""The schema documents behind a supergraph: with everything in it, and with only what clients may see."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from graphql import (
    ConstDirectiveNode,
    DefinitionNode,
    DirectiveDefinitionNode,
    DocumentNode,
    EnumTypeDefinitionNode,
    FieldDefinitionNode,
    GraphQLDeferDirective,
    GraphQLSchema,
    InputObjectTypeDefinitionNode,
    InputValueDefinitionNode,
    InterfaceTypeDefinitionNode,
    NamedTypeNode,
    ObjectTypeDefinitionNode,
    ScalarTypeDefinitionNode,
    SchemaDefinitionNode,
    TypeDefinitionNode,
    UnionTypeDefinitionNode,
)
from graphql.language import EnumValueDefinitionNode
from graphql.language.ast import Node

from router.supergraph.links import SupergraphLinks

__all__ = ["api_document", "plain_document", "with_defer"]

_KEPT = {"deprecated", "specifiedBy", "oneOf"}
"""Directives of GraphQL itself; every other application is internal."""

_Fields = ObjectTypeDefinitionNode | InterfaceTypeDefinitionNode
_Node = TypeVar("_Node", bound=Node)


def plain_document(document: DocumentNode, links: SupergraphLinks) -> DocumentNode:
    """The document without the definitions of linked specifications; their applications stay."""
    return DocumentNode(definitions=tuple(node for node in document.definitions if not _is_specification(node, links)))


def api_document(document: DocumentNode, links: SupergraphLinks) -> DocumentNode:
    """The plain document without ``@inaccessible`` elements (https://specs.apollo.dev/inaccessible/v0.2) and without
    applications of directives that are not GraphQL's own."""
    hidden = _Hidden(document, links)
    definitions: list[DefinitionNode] = []
    for node in plain_document(document, links).definitions:
        if isinstance(node, SchemaDefinitionNode):
            visible = tuple(root for root in node.operation_types or () if root.type.name.value not in hidden.types)
            definitions.append(_with(node, directives=(), operation_types=visible))
        elif isinstance(node, DirectiveDefinitionNode):
            definitions.append(_with(node, arguments=hidden.visible(node.arguments, hidden.input)))
        elif isinstance(node, TypeDefinitionNode) and node.name.value not in hidden.types:
            definitions.append(hidden.type(node))
    return DocumentNode(definitions=tuple(definitions))


def with_defer(schema: GraphQLSchema) -> GraphQLSchema:
    """The API schema for clients that may write ``@defer``, as graphql-core defines it (GraphQL draft, "@defer"); types
    are shared."""
    kept = [directive for directive in schema.directives if directive.name != GraphQLDeferDirective.name]
    parts: dict[str, Any] = {**schema.to_kwargs(), "directives": [*kept, GraphQLDeferDirective]}
    return GraphQLSchema(**parts)


def _is_specification(node: DefinitionNode, links: SupergraphLinks) -> bool:
    if isinstance(node, DirectiveDefinitionNode):
        return links.owns_directive(node.name.value)
    return isinstance(node, TypeDefinitionNode) and links.owns_type(node.name.value)


class _Hidden:
    """Rebuilds definitions without hidden parts."""

    def __init__(self, document: DocumentNode, links: SupergraphLinks) -> None:
        self._directive = links.directive("inaccessible", "inaccessible")
        self.types = {
            node.name.value
            for node in document.definitions
            if isinstance(node, TypeDefinitionNode) and self._marked(node.directives or ())
        }

    def _marked(self, directives: Iterable[ConstDirectiveNode]) -> bool:
        return any(directive.name.value == self._directive for directive in directives)

    def visible(self, nodes: Iterable[_Node] | None, rebuild: Callable[[_Node], _Node]) -> tuple[_Node, ...]:
        return tuple(rebuild(node) for node in nodes or () if not self._marked(getattr(node, "directives", None) or ()))

    def type(self, node: TypeDefinitionNode) -> TypeDefinitionNode:
        directives = _kept(node.directives)
        match node:
            case ObjectTypeDefinitionNode() | InterfaceTypeDefinitionNode():
                return self._with_fields(node, directives)
            case UnionTypeDefinitionNode():
                return _with(node, directives=directives, types=self._named(node.types))
            case EnumTypeDefinitionNode():
                return _with(node, directives=directives, values=self.visible(node.values, self._enum_value))
            case InputObjectTypeDefinitionNode():
                return _with(node, directives=directives, fields=self.visible(node.fields, self.input))
            case ScalarTypeDefinitionNode():
                return _with(node, directives=directives)
        raise TypeError(f"not a type definition: {node!r}")

    def _with_fields(self, node: _Fields, directives: tuple[ConstDirectiveNode, ...]) -> _Fields:
        return _with(
            node,
            directives=directives,
            interfaces=self._named(node.interfaces),
            fields=self.visible(node.fields, self._field),
        )

    def _named(self, nodes: Iterable[NamedTypeNode] | None) -> tuple[NamedTypeNode, ...]:
        return tuple(node for node in nodes or () if node.name.value not in self.types)

    def _field(self, node: FieldDefinitionNode) -> FieldDefinitionNode:
        if not node.directives and not node.arguments:
            return node
        arguments = self.visible(node.arguments, self.input)
        return _with(node, directives=_kept(node.directives), arguments=arguments)

    def input(self, node: InputValueDefinitionNode) -> InputValueDefinitionNode:
        return _with(node, directives=_kept(node.directives)) if node.directives else node

    def _enum_value(self, node: EnumValueDefinitionNode) -> EnumValueDefinitionNode:
        return _with(node, directives=_kept(node.directives)) if node.directives else node


def _kept(directives: Iterable[ConstDirectiveNode] | None) -> tuple[ConstDirectiveNode, ...]:
    return tuple(directive for directive in directives or () if directive.name.value in _KEPT)


def _with(node: _Node, **changes: Any) -> _Node:
    parts: dict[str, Any] = {key: getattr(node, key, None) for key in node.keys}
    return type(node)(**(parts | changes))
