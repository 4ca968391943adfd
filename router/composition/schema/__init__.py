"""Schemas as composition sees them: mutable elements that keep every directive application and where it stood.

graphql-core's ``GraphQLSchema`` forgets applications and extensions, which are what composition is about. The same
elements describe a subgraph and the supergraph under construction.

- ``type_ref``: types in positions, as text such as ``[Product!]!``.
- ``value``: constant values as Python data.
- ``elements``: the types, fields, arguments and applications.
- ``fitting``: whether a value fits a type.
- ``coercion``: whether two values of a type are one.
- ``reader``: a document to elements.
- ``printer``: elements to SDL.
- ``document``: elements to a syntax tree.
"""

from router.composition.schema.elements import (
    Application,
    DirectiveDefinition,
    Element,
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
from router.composition.schema.value import MISSING, EnumLiteral, Value, print_value

__all__ = [
    "MISSING",
    "Application",
    "DirectiveDefinition",
    "Element",
    "EnumLiteral",
    "EnumType",
    "EnumValue",
    "Field",
    "FieldsType",
    "InputObjectType",
    "InputValue",
    "InterfaceType",
    "NamedType",
    "ObjectType",
    "ScalarType",
    "Schema",
    "UnionType",
    "Value",
    "print_value",
]
