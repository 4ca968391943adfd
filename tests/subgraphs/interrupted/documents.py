"""Documents that ask a mutation for everything plain, with all its arguments as variables."""

from __future__ import annotations

from typing import Any

from graphql import GraphQLSchema, get_named_type, is_composite_type, is_leaf_type, is_required_argument


def document_of(schema: GraphQLSchema, name: str) -> str:
    """The mutation as ``result``: its plain fields, its errors, and of what it made the plain fields."""
    assert schema.mutation_type is not None
    field = schema.mutation_type.fields[name]
    declared = ", ".join(f"${argument}: {definition.type}" for argument, definition in field.args.items())
    given = ", ".join(f"{argument}: ${argument}" for argument in field.args)
    head, call = (f"({declared})", f"({given})") if declared else ("", "")
    return f"mutation{head} {{ result: {name}{call} {_selection(get_named_type(field.type))} }}"


def _selection(type_: Any) -> str:
    if is_leaf_type(type_):
        return ""
    fields = [name for name, field in type_.fields.items() if _is_plain(field)]
    if "errors" in type_.fields:
        fields.append("errors { code message path }")
    if "order" in type_.fields and is_composite_type(get_named_type(type_.fields["order"].type)):
        fields.append("order { id status }")
    return f"{{ {' '.join(fields) or '__typename'} }}"


def _is_plain(field: Any) -> bool:
    return is_leaf_type(get_named_type(field.type)) and not any(map(is_required_argument, field.args.values()))
