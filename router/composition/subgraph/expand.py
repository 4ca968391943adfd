"""Completes a subgraph document for GraphQL validation.

Extensions join their definition (a subgraph may extend what another defines), the definitions of the linked
specifications take the place of the subgraph's own copies, and ``Query`` is there even if the subgraph has none.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from functools import lru_cache
from typing import Any, cast

from graphql import (
    DefinitionNode,
    DirectiveDefinitionNode,
    DocumentNode,
    GraphQLError,
    InputValueDefinitionNode,
    ListTypeNode,
    NamedTypeNode,
    NameNode,
    Node,
    NonNullTypeNode,
    ObjectTypeDefinitionNode,
    ObjectTypeExtensionNode,
    OperationType,
    OperationTypeDefinitionNode,
    ScalarTypeDefinitionNode,
    SchemaDefinitionNode,
    SchemaExtensionNode,
    TypeDefinitionNode,
    TypeExtensionNode,
    TypeNode,
    parse,
)

from router.composition.schema.reader import TYPE_CLASSES
from router.specs.connect import CONNECT_DIRECTIVES, CONNECT_SCALAR
from router.specs.definition import SpecNode
from router.specs.federation import FEDERATION_1, FEDERATION_IDENTITY, federation_elements
from router.specs.link import Link, Links
from router.specs.service import SERVICE_FIELDS, SERVICE_SDL, SERVICE_TYPES
from router.specs.shared import CONNECT_IDENTITY, LINK_DEFINITIONS, SHARED_SPECIFICATIONS

__all__ = ["combine_extensions", "specification_definitions"]

_MEMBERS = ("interfaces", "directives", "fields", "types", "values")


def specification_definitions(links: Links) -> dict[str, DefinitionNode]:
    """Definitions of everything the links bring, by local name; directives are named with their ``@``."""
    definitions: dict[str, DefinitionNode] = {}
    for node in _parsed("\n".join(LINK_DEFINITIONS)):
        if isinstance(node, DirectiveDefinitionNode):
            definitions["@" + node.name.value] = node
        elif isinstance(node, TypeDefinitionNode):
            definitions[node.name.value] = node
    federation = links.federation
    if federation is None:
        names = {"FieldSet": "_FieldSet"}
        elements = federation_elements(FEDERATION_1)
        local = {element: element if element.startswith("@") else names[element] for element in elements}
    else:
        elements = federation_elements(federation.url.version)
        local = {element: federation.local_name(element) for element in elements}
    for element, node in elements.items():
        definitions[local[element]] = _renamed(node, local)
    for link in links:
        if link.url.identity == CONNECT_IDENTITY:
            definitions.update(_connect_definitions(link))
        elif link.url.identity != FEDERATION_IDENTITY:
            definitions.update(_shared_definitions(link))
    return definitions


def _shared_definitions(link: Link) -> dict[str, DefinitionNode]:
    return {
        link.local_name("@" + name): _parsed(sdl % link.local_name("@" + name)[1:])[0]
        for specification in SHARED_SPECIFICATIONS
        if specification.url.identity == link.url.identity
        for name, sdl in specification.directives.items()
    }


def _connect_definitions(link: Link) -> dict[str, DefinitionNode]:
    value = link.local_name(CONNECT_SCALAR)
    found: dict[str, DefinitionNode] = {value: ScalarTypeDefinitionNode(name=NameNode(value=value))}
    for name, sdl in CONNECT_DIRECTIVES.items():
        local = link.local_name("@" + name)
        found[local] = _parsed((sdl % local[1:]).replace("{value}", value))[0]
    return found


def _renamed(node: SpecNode, local: dict[str, str]) -> DefinitionNode:
    """The definition under local names, its argument types included."""
    if isinstance(node, DirectiveDefinitionNode):
        return DirectiveDefinitionNode(
            name=NameNode(value=local["@" + node.name.value][1:]),
            arguments=tuple(
                InputValueDefinitionNode(
                    name=argument.name, type=_renamed_type(argument.type, local), default_value=argument.default_value
                )
                for argument in node.arguments or ()
            ),
            repeatable=node.repeatable,
            locations=node.locations,
        )
    return ScalarTypeDefinitionNode(name=NameNode(value=local[node.name.value]))


def _renamed_type(node: TypeNode, local: dict[str, str]) -> TypeNode:
    if isinstance(node, NamedTypeNode):
        return NamedTypeNode(name=NameNode(value=local.get(node.name.value, node.name.value)))
    if isinstance(node, NonNullTypeNode):
        return NonNullTypeNode(type=cast(NamedTypeNode | ListTypeNode, _renamed_type(node.type, local)))
    if isinstance(node, ListTypeNode):
        return ListTypeNode(type=_renamed_type(node.type, local))
    return node


@lru_cache(maxsize=256)
def _parsed(sdl: str) -> tuple[DefinitionNode, ...]:
    """Definitions of specifications: the same few for every subgraph."""
    return parse(sdl, no_location=True).definitions


def _with_query_root(nodes: list[DefinitionNode]) -> tuple[str, list[DefinitionNode]]:
    """The name of the query root, and the definitions with a schema definition that has it."""
    operations = [
        operation
        for node in nodes
        if isinstance(node, SchemaDefinitionNode | SchemaExtensionNode)
        for operation in node.operation_types or ()
    ]
    for operation in operations:
        if operation.operation is OperationType.QUERY:
            return operation.type.name.value, nodes
    query = OperationTypeDefinitionNode(operation=OperationType.QUERY, type=NamedTypeNode(name=NameNode(value="Query")))
    return "Query", [
        SchemaDefinitionNode(
            description=node.description,
            directives=node.directives,
            operation_types=(*(node.operation_types or ()), query),
        )
        if isinstance(node, SchemaDefinitionNode)
        else node
        for node in nodes
    ]


def combine_extensions(
    document: DocumentNode, skip: Iterable[str], more: Iterable[DefinitionNode]
) -> tuple[DocumentNode, list[GraphQLError]]:
    """One definition per type, without the elements named in ``skip`` and with ``more``.

    The errors are the clashes that combining would hide: a name defined twice, or extended as another kind.
    """
    skipped = {*skip, *SERVICE_TYPES}
    parts: dict[str, list[TypeDefinitionNode | TypeExtensionNode]] = defaultdict(list)
    others: list[DefinitionNode] = []
    for node in document.definitions:
        if isinstance(node, TypeDefinitionNode | TypeExtensionNode):
            if node.name.value not in skipped:
                parts[node.name.value].append(_without_service_fields(node))
        elif not (isinstance(node, DirectiveDefinitionNode) and "@" + node.name.value in skipped):
            others.append(node)
    root, others = _with_query_root(others)
    for node in (*more, *_parsed(SERVICE_SDL.replace("Query", root))):
        if isinstance(node, TypeDefinitionNode | TypeExtensionNode):
            if node.kind == "object_type_extension" or node.name.value not in parts:
                parts[node.name.value].append(node)
        else:
            others.append(node)
    errors = [error for name, nodes in parts.items() for error in _clashes(name, nodes)]
    combined = [_combined(nodes) for nodes in parts.values()]
    return DocumentNode(definitions=(*others, *combined)), errors


def _without_service_fields(node: TypeDefinitionNode | TypeExtensionNode) -> TypeDefinitionNode | TypeExtensionNode:
    if not isinstance(node, ObjectTypeDefinitionNode | ObjectTypeExtensionNode):
        return node
    fields = tuple(field for field in node.fields or () if field.name.value not in SERVICE_FIELDS)
    if len(fields) == len(node.fields or ()):
        return node
    kept = {key: getattr(node, key) for key in node.keys if key != "fields"}
    return type(node)(**kept, fields=fields)


def _kind(node: Node) -> str:
    return node.kind.removesuffix("_definition").removesuffix("_extension")


def _clashes(name: str, nodes: list[TypeDefinitionNode | TypeExtensionNode]) -> Iterable[GraphQLError]:
    definitions = [node for node in nodes if isinstance(node, TypeDefinitionNode)]
    if len(definitions) > 1:
        yield GraphQLError(f"There can be only one type named '{name}'.", definitions)
    kinds = list(dict.fromkeys(_kind(node) for node in nodes))
    if len(kinds) > 1:
        words = " and ".join(TYPE_CLASSES[kind].kind for kind in kinds)
        yield GraphQLError(f"Type '{name}' is written as {words}.", nodes)


def _combined(nodes: list[TypeDefinitionNode | TypeExtensionNode]) -> DefinitionNode:
    base = next((node for node in nodes if isinstance(node, TypeDefinitionNode)), None)
    if base is not None and len(nodes) == 1:
        return base
    kind = _kind(base or nodes[0])
    cls = _definition_class(kind)
    alike = [node for node in nodes if _kind(node) == kind]
    members: dict[str, Any] = {
        name: tuple(member for node in alike for member in getattr(node, name, None) or ())
        for name in _MEMBERS
        if name in cls.keys
    }
    members["description"] = base.description if base else None
    return cls(name=nodes[0].name, **members)


def _definition_class(kind: str) -> type[TypeDefinitionNode]:
    return next(cls for cls in TypeDefinitionNode.__subclasses__() if cls.kind == f"{kind}_definition")
