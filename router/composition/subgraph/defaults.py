"""Values of enum types written as strings, which other GraphQL tools let pass, become enum values."""

from __future__ import annotations

from router.composition.schema import EnumLiteral, EnumType, InputObjectType, InputValue, Schema, Value
from router.composition.schema.type_ref import is_list, item, nullable
from router.composition.schema.value import Missing

__all__ = ["normalize_values"]


def normalize_values(schema: Schema) -> None:
    """Rewrite the defaults of all arguments and input fields, and what the schema's own directives are given."""
    for element in (*schema.elements(), *schema.directive_arguments()):
        if isinstance(element, InputValue) and not isinstance(element.default, Missing):
            element.default = _normalized(schema, element.default, element.type)
        for application in element.applied:
            definition = schema.directives.get(application.name)
            for name, argument in definition.arguments.items() if definition is not None else ():
                if name in application.arguments:
                    value = application.arguments[name]
                    application.arguments[name] = _normalized(schema, value, argument.type)


def _normalized(schema: Schema, value: Value, type_text: str) -> Value:
    text = nullable(type_text)
    if is_list(text):
        if isinstance(value, list):
            return [_normalized(schema, part, item(text)) for part in value]
        return _normalized(schema, value, item(text))
    type_ = schema.types.get(text)
    if isinstance(type_, EnumType) and isinstance(value, str):
        return EnumLiteral(value)
    if isinstance(type_, InputObjectType) and isinstance(value, dict):
        return {
            name: _normalized(schema, part, type_.fields[name].type) if name in type_.fields else part
            for name, part in value.items()
        }
    return value
