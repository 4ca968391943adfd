"""Whether a constant value fits a type of a schema (GraphQL specification, section "Values of Correct Type")."""

from __future__ import annotations

from router.composition.schema.elements import EnumType, InputObjectType, Schema
from router.composition.schema.type_ref import is_list, is_non_null, item, nullable
from router.composition.schema.value import EnumLiteral, Value

__all__ = ["value_fits"]

_INT_RANGE = range(-(2**31), 2**31)


def value_fits(schema: Schema, value: Value, type_text: str) -> bool:
    """Custom scalars take anything but null where null is excluded."""
    if value is None:
        return not is_non_null(type_text)
    type_text = nullable(type_text)
    if is_list(type_text):
        values = value if isinstance(value, list) else [value]
        return all(value_fits(schema, entry, item(type_text)) for entry in values)
    match schema.types.get(type_text):
        case EnumType() as enum:
            return isinstance(value, EnumLiteral) and value.name in enum.values
        case InputObjectType() as type_:
            return isinstance(value, dict) and _object_fits(schema, value, type_)
    return _scalar_fits(value, type_text)


def _scalar_fits(value: Value, name: str) -> bool:
    is_integer = isinstance(value, int) and not isinstance(value, bool)
    match name:
        case "Int":
            return is_integer and value in _INT_RANGE
        case "Float":
            return is_integer or isinstance(value, float)
        case "ID":
            return is_integer or isinstance(value, str)
        case "String":
            return isinstance(value, str)
        case "Boolean":
            return isinstance(value, bool)
    return True


def _object_fits(schema: Schema, value: dict[str, Value], type_: InputObjectType) -> bool:
    if value.keys() - type_.fields.keys():
        return False
    return all(
        value_fits(schema, value[name], field.type) if name in value else not field.required
        for name, field in type_.fields.items()
    )
