"""A document to a schema: definitions and extensions of one type become one element."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from graphql import (
    ConstDirectiveNode,
    DirectiveDefinitionNode,
    DirectiveNode,
    DocumentNode,
    EnumTypeDefinitionNode,
    EnumTypeExtensionNode,
    FieldDefinitionNode,
    InputObjectTypeDefinitionNode,
    InputObjectTypeExtensionNode,
    InputValueDefinitionNode,
    InterfaceTypeDefinitionNode,
    InterfaceTypeExtensionNode,
    ObjectTypeDefinitionNode,
    ObjectTypeExtensionNode,
    ScalarTypeDefinitionNode,
    ScalarTypeExtensionNode,
    SchemaDefinitionNode,
    SchemaExtensionNode,
    StringValueNode,
    TypeDefinitionNode,
    TypeExtensionNode,
    UnionTypeDefinitionNode,
    UnionTypeExtensionNode,
)

from router.composition.schema.elements import (
    Application,
    DirectiveDefinition,
    EnumType,
    EnumValue,
    Field,
    FieldsType,
    InputObjectType,
    InputValue,
    InterfaceType,
    NamedType,
    ObjectType,
    ScalarType,
    Schema,
    UnionType,
)
from router.composition.schema.type_ref import type_text
from router.composition.schema.value import MISSING, read_value
from router.specs.federation import FEDERATION_1, FEDERATION_IDENTITY, federation_elements
from router.specs.link import Links
from router.specs.service import SERVICE_FIELDS

__all__ = ["TYPE_CLASSES", "SchemaReader"]

TYPE_CLASSES: dict[str, type[NamedType]] = {
    "object_type": ObjectType,
    "interface_type": InterfaceType,
    "union_type": UnionType,
    "enum_type": EnumType,
    "input_object_type": InputObjectType,
    "scalar_type": ScalarType,
}
"""graphql-core's node kinds, without their ``_definition`` and ``_extension`` endings."""

_UPGRADED = {"shareable", "override", "inaccessible", "interfaceObject"}
"""Federation 2 directives that a federation 1 schema means when it defines them itself."""

_ROOT_NAMES = {"query": "Query", "mutation": "Mutation", "subscription": "Subscription"}


class SchemaReader:
    """Reads a valid document whose ``links`` are known.

    ``skip`` names types and directives (with ``@``) that belong to specifications and are no part of the schema.
    """

    def __init__(self, document: DocumentNode, links: Links, skip: Collection[str]) -> None:
        self._document = document
        self._skip = skip
        self._federation_1 = federation_elements(FEDERATION_1) if links.federation is None else {}
        self._specs: dict[str, str | None] = {}
        self._links = links

    def read(self) -> Schema:
        """The schema; raises nothing for a document that passed GraphQL validation."""
        schema = Schema(coordinate="schema", links=self._links)
        declarations: dict[str, int] = {}
        for node in self._document.definitions:
            if isinstance(node, SchemaDefinitionNode | SchemaExtensionNode):
                self._read_schema_node(node, schema)
            elif isinstance(node, DirectiveDefinitionNode):
                if "@" + node.name.value not in self._skip:
                    schema.directives[node.name.value] = self._directive_definition(node)
            elif isinstance(node, TypeDefinitionNode | TypeExtensionNode) and node.name.value not in self._skip:
                self._read_type_node(node, schema, declarations)
        for operation, name in _ROOT_NAMES.items():
            if name not in schema.roots.values() and isinstance(schema.types.get(name), ObjectType):
                schema.roots.setdefault(operation, name)
        return schema

    def spec_of(self, local_name: str) -> str | None:
        """The federation directive a local directive name means."""
        if local_name not in self._specs:
            self._specs[local_name] = self._find_spec(local_name)
        return self._specs[local_name]

    def _find_spec(self, local_name: str) -> str | None:
        if self._links.federation is None and ("@" + local_name in self._federation_1 or local_name in _UPGRADED):
            return local_name
        origin = self._links.origin("@" + local_name)
        if origin is None:
            return None
        link, element = origin
        if link.url.identity == FEDERATION_IDENTITY:
            return element[1:]
        if link.url.identity == f"https://specs.apollo.dev/{link.url.name}" and element[1:] in (
            "tag",
            "inaccessible",
        ):
            return element[1:]
        return None

    def _applications(
        self, nodes: Iterable[ConstDirectiveNode | DirectiveNode] | None, declaration: int = 0
    ) -> list[Application]:
        return [
            Application(
                node.name.value,
                {argument.name.value: read_value(argument.value) for argument in node.arguments or ()},
                self.spec_of(node.name.value),
                declaration,
            )
            for node in nodes or ()
        ]

    def _read_schema_node(self, node: SchemaDefinitionNode | SchemaExtensionNode, schema: Schema) -> None:
        schema.applied += self._applications(node.directives, int(isinstance(node, SchemaExtensionNode)))
        for operation in node.operation_types or ():
            schema.roots[operation.operation.value] = operation.type.name.value
        if isinstance(node, SchemaDefinitionNode):
            schema.description = _description(node.description)

    def _read_type_node(
        self, node: TypeDefinitionNode | TypeExtensionNode, schema: Schema, declarations: dict[str, int]
    ) -> None:
        name = node.name.value
        defining = isinstance(node, TypeDefinitionNode)
        if name not in schema.types:
            kind = node.kind.removesuffix("_definition").removesuffix("_extension")
            schema.types[name] = TYPE_CLASSES[kind](coordinate=name, name=name, defined=False)
        type_ = schema.types[name]
        if isinstance(node, TypeDefinitionNode):
            type_.defined = True
            type_.description = _description(node.description)
            declaration = 0
        else:
            declaration = declarations[name] = declarations.get(name, 0) + 1
        type_.applied += self._applications(node.directives, declaration)
        if defining and type_.applied and type_.applied[0].declaration:
            type_.applied.sort(key=lambda application: application.declaration)
        self._read_members(node, type_, declaration)

    def _read_members(self, node: TypeDefinitionNode | TypeExtensionNode, type_: NamedType, declaration: int) -> None:
        match node:
            case (
                ObjectTypeDefinitionNode()
                | ObjectTypeExtensionNode()
                | InterfaceTypeDefinitionNode()
                | InterfaceTypeExtensionNode()
            ) if isinstance(type_, FieldsType):
                type_.interfaces += [
                    interface.name.value
                    for interface in node.interfaces or ()
                    if interface.name.value not in type_.interfaces
                ]
                for field in node.fields or ():
                    if field.name.value not in SERVICE_FIELDS:
                        type_.fields[field.name.value] = self._field(field, type_.name, declaration)
            case UnionTypeDefinitionNode() | UnionTypeExtensionNode() if isinstance(type_, UnionType):
                type_.members += [member.name.value for member in node.types or ()]
            case EnumTypeDefinitionNode() | EnumTypeExtensionNode() if isinstance(type_, EnumType):
                for value in node.values or ():
                    type_.values[value.name.value] = EnumValue(
                        coordinate=f"{type_.name}.{value.name.value}",
                        description=_description(value.description),
                        applied=self._applications(value.directives),
                        name=value.name.value,
                    )
            case InputObjectTypeDefinitionNode() | InputObjectTypeExtensionNode() if isinstance(type_, InputObjectType):
                for entry in node.fields or ():
                    type_.fields[entry.name.value] = self._input_value(entry, f"{type_.name}.{entry.name.value}")
            case ScalarTypeDefinitionNode() | ScalarTypeExtensionNode() | _:
                pass

    def _field(self, node: FieldDefinitionNode, parent: str, declaration: int) -> Field:
        coordinate = f"{parent}.{node.name.value}"
        return Field(
            coordinate=coordinate,
            description=_description(node.description),
            applied=self._applications(node.directives),
            name=node.name.value,
            parent=parent,
            type=type_text(node.type),
            arguments=self._arguments(node.arguments, coordinate),
            declaration=declaration,
        )

    def _arguments(self, nodes: Sequence[InputValueDefinitionNode] | None, coordinate: str) -> dict[str, InputValue]:
        return {node.name.value: self._input_value(node, f"{coordinate}({node.name.value}:)") for node in nodes or ()}

    def _input_value(self, node: InputValueDefinitionNode, coordinate: str) -> InputValue:
        return InputValue(
            coordinate=coordinate,
            description=_description(node.description),
            applied=self._applications(node.directives),
            name=node.name.value,
            type=type_text(node.type),
            default=MISSING if node.default_value is None else read_value(node.default_value),
        )

    def _directive_definition(self, node: DirectiveDefinitionNode) -> DirectiveDefinition:
        coordinate = "@" + node.name.value
        return DirectiveDefinition(
            coordinate=coordinate,
            description=_description(node.description),
            name=node.name.value,
            arguments=self._arguments(node.arguments, coordinate),
            repeatable=node.repeatable,
            locations=[location.value for location in node.locations],
        )


def _description(node: StringValueNode | None) -> str | None:
    return node.value if node is not None else None
