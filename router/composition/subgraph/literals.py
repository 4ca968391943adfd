"""Whether a constant literal fits an input type (GraphQL specification, section "Values of Correct Type")."""

from __future__ import annotations

from math import isfinite

from graphql import (
    BooleanValueNode,
    EnumValueNode,
    FloatValueNode,
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLScalarType,
    IntValueNode,
    ListValueNode,
    NullValueNode,
    ObjectValueNode,
    StringValueNode,
    ValueNode,
    is_required_input_field,
)

__all__ = ["literal_fits"]

_BUILT_IN: dict[str, tuple[type[ValueNode], ...]] = {
    "String": (StringValueNode,),
    "Boolean": (BooleanValueNode,),
    "Int": (IntValueNode,),
    "Float": (IntValueNode, FloatValueNode),
    "ID": (StringValueNode, IntValueNode),
}
_INT_RANGE = range(-(2**31), 2**31)


def literal_fits(node: ValueNode, type_: GraphQLInputType) -> bool:
    """Custom scalars take any literal but null where null is excluded; enums also take their names as strings."""
    if isinstance(type_, GraphQLNonNull):
        return not isinstance(node, NullValueNode) and literal_fits(node, type_.of_type)
    if isinstance(node, NullValueNode):
        return True
    if isinstance(type_, GraphQLList):
        if isinstance(node, ListValueNode):
            return all(literal_fits(item, type_.of_type) for item in node.values)
        return literal_fits(node, type_.of_type)
    if isinstance(type_, GraphQLEnumType):
        return isinstance(node, EnumValueNode | StringValueNode) and node.value in type_.values
    if isinstance(type_, GraphQLInputObjectType):
        return isinstance(node, ObjectValueNode) and _object_fits(node, type_)
    return _scalar_fits(node, type_)


def _scalar_fits(node: ValueNode, type_: GraphQLScalarType) -> bool:
    accepted = _BUILT_IN.get(type_.name)
    if accepted is None:
        return True
    if type_.name == "Int" and isinstance(node, IntValueNode):
        return int(node.value) in _INT_RANGE
    if type_.name == "Float" and isinstance(node, IntValueNode | FloatValueNode):
        return isfinite(float(node.value))
    return isinstance(node, accepted)


def _object_fits(node: ObjectValueNode, type_: GraphQLInputObjectType) -> bool:
    given = {entry.name.value: entry.value for entry in node.fields}
    if given.keys() - type_.fields.keys():
        return False
    return all(
        literal_fits(given[name], field.type) if name in given else not is_required_input_field(field)
        for name, field in type_.fields.items()
    )
