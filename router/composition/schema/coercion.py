"""Two literals of one value: ``1`` and ``1.0`` as a Float, ``1`` and ``[1]`` as a list, ``5`` and ``"5"`` as an ID."""

from __future__ import annotations

from router.composition.schema.elements import InputObjectType, Schema
from router.composition.schema.type_ref import is_list, item, nullable
from router.composition.schema.value import Value, print_value

__all__ = ["canonical_value"]


def canonical_value(schema: Schema, value: Value, type_text: str) -> str:
    """A text that literals of a type share when they mean one value (GraphQL specification, "Input Coercion").

    Values of custom scalars are told apart as they are written, and so is an omitted field from one given its default.

    >>> canonical_value(Schema("schema"), 1, "[Float!]")
    '[1]'
    """
    return print_value(_coerced(schema, value, type_text), sort_entries=True)


def _coerced(schema: Schema, value: Value, type_text: str) -> Value:
    text = nullable(type_text)
    if value is None:
        return None
    if is_list(text):
        entries = value if isinstance(value, list) else [value]
        return [_coerced(schema, entry, item(text)) for entry in entries]
    if text == "Float" and isinstance(value, float) and value.is_integer():
        return int(value)
    if text == "ID" and isinstance(value, int):
        return str(value)
    type_ = schema.types.get(text)
    if isinstance(type_, InputObjectType) and isinstance(value, dict):
        return {
            name: _coerced(schema, entry, type_.fields[name].type) if name in type_.fields else entry
            for name, entry in value.items()
        }
    return value
