"""A schema to a syntax tree: what parsing its printed form would give, without printing and parsing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, cast

from graphql import (
    BooleanValueNode,
    ConstArgumentNode,
    ConstDirectiveNode,
    ConstObjectFieldNode,
    ConstValueNode,
    DirectiveDefinitionNode,
    DocumentNode,
    EnumTypeDefinitionNode,
    EnumValueDefinitionNode,
    EnumValueNode,
    FieldDefinitionNode,
    FloatValueNode,
    InputObjectTypeDefinitionNode,
    InputValueDefinitionNode,
    InterfaceTypeDefinitionNode,
    IntValueNode,
    ListTypeNode,
    ListValueNode,
    NamedTypeNode,
    NameNode,
    NonNullTypeNode,
    NullValueNode,
    ObjectTypeDefinitionNode,
    ObjectValueNode,
    OperationType,
    OperationTypeDefinitionNode,
    ScalarTypeDefinitionNode,
    SchemaDefinitionNode,
    StringValueNode,
    TypeDefinitionNode,
    TypeNode,
    UnionTypeDefinitionNode,
    parse,
)

from router.composition.schema.elements import (
    Application,
    DirectiveDefinition,
    Element,
    EnumType,
    Field,
    InputObjectType,
    InputValue,
    InterfaceType,
    NamedType,
    ObjectType,
    ScalarType,
    Schema,
    UnionType,
)
from router.composition.schema.type_ref import is_list, is_non_null, item, nullable
from router.composition.schema.value import EnumLiteral, Missing, Value

__all__ = ["schema_document"]

_Named = DirectiveDefinitionNode | TypeDefinitionNode


def schema_document(schema: Schema, definitions: Iterable[str] = ()) -> DocumentNode:
    """The document of a schema; ``definitions`` are further ones, as SDL."""
    more = cast(tuple[_Named, ...], parse("\n".join(definitions), no_location=True).definitions)
    nodes = [
        *more,
        *(_directive_definition(directive) for directive in schema.directives.values()),
        *(_type_definition(type_) for type_ in schema.types.values()),
    ]
    nodes.sort(key=lambda node: (not isinstance(node, DirectiveDefinitionNode), node.name.value))
    return DocumentNode(definitions=(_schema_definition(schema), *nodes))


def _schema_definition(schema: Schema) -> SchemaDefinitionNode:
    roots = tuple(
        OperationTypeDefinitionNode(operation=operation, type=_named(schema.roots[operation.value]))
        for operation in OperationType
        if operation.value in schema.roots
    )
    return SchemaDefinitionNode(
        description=_description(schema), directives=_directives(schema.applied), operation_types=roots
    )


def _directive_definition(directive: DirectiveDefinition) -> DirectiveDefinitionNode:
    return DirectiveDefinitionNode(
        description=_description(directive),
        name=_name(directive.name),
        arguments=_input_values(directive.arguments),
        directives=(),
        repeatable=directive.repeatable,
        locations=tuple(_name(location) for location in directive.locations),
    )


def _type_definition(type_: NamedType) -> TypeDefinitionNode:
    head: dict[str, Any] = {
        "description": _description(type_),
        "name": _name(type_.name),
        "directives": _directives(type_.applied),
    }
    match type_:
        case ObjectType() | InterfaceType():
            cls = ObjectTypeDefinitionNode if isinstance(type_, ObjectType) else InterfaceTypeDefinitionNode
            interfaces = tuple(_named(name) for name in type_.interfaces)
            return cls(**head, interfaces=interfaces, fields=tuple(map(_field, type_.fields.values())))
        case UnionType():
            return UnionTypeDefinitionNode(**head, types=tuple(_named(member) for member in type_.members))
        case EnumType():
            values = tuple(
                EnumValueDefinitionNode(
                    description=_description(value), name=_name(value.name), directives=_directives(value.applied)
                )
                for value in type_.values.values()
            )
            return EnumTypeDefinitionNode(**head, values=values)
        case InputObjectType():
            return InputObjectTypeDefinitionNode(**head, fields=_input_values(type_.fields))
        case ScalarType():
            return ScalarTypeDefinitionNode(**head)
    raise TypeError(f"not a type: {type_!r}")


def _field(field: Field) -> FieldDefinitionNode:
    return FieldDefinitionNode(
        description=_description(field),
        name=_name(field.name),
        arguments=_input_values(field.arguments),
        type=_type(field.type),
        directives=_directives(field.applied),
    )


def _input_values(values: Mapping[str, InputValue]) -> tuple[InputValueDefinitionNode, ...]:
    return tuple(
        InputValueDefinitionNode(
            description=_description(value),
            name=_name(value.name),
            type=_type(value.type),
            default_value=None if isinstance(value.default, Missing) else _value(value.default),
            directives=_directives(value.applied),
        )
        for value in values.values()
    )


def _directives(applied: Iterable[Application]) -> tuple[ConstDirectiveNode, ...]:
    return tuple(
        ConstDirectiveNode(
            name=_name(application.name),
            arguments=tuple(
                ConstArgumentNode(name=_name(name), value=_value(value))
                for name, value in application.arguments.items()
            ),
        )
        for application in applied
    )


def _value(value: Value) -> ConstValueNode:
    match value:
        case None:
            return NullValueNode()
        case bool():
            return BooleanValueNode(value=value)
        case int():
            return IntValueNode(value=repr(value))
        case float():
            return FloatValueNode(value=repr(value))
        case str():
            return StringValueNode(value=value, block=False)
        case EnumLiteral(name):
            return EnumValueNode(value=name)
        case list():
            return cast(ConstValueNode, ListValueNode(values=tuple(_value(entry) for entry in value)))
        case dict():
            fields = (ConstObjectFieldNode(name=_name(name), value=_value(entry)) for name, entry in value.items())
            return cast(ConstValueNode, ObjectValueNode(fields=tuple(fields)))


@lru_cache(maxsize=4096)
def _type(text: str) -> TypeNode:
    if is_non_null(text):
        return NonNullTypeNode(type=cast(NamedTypeNode | ListTypeNode, _type(nullable(text))))
    return ListTypeNode(type=_type(item(text))) if is_list(text) else _named(text)


def _named(name: str) -> NamedTypeNode:
    return NamedTypeNode(name=_name(name))


@lru_cache(maxsize=4096)
def _name(text: str) -> NameNode:
    return NameNode(value=text)


def _description(element: Element) -> StringValueNode | None:
    return None if element.description is None else StringValueNode(value=element.description, block=True)
