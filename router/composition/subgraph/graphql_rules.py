"""Stage 2: the rules of the GraphQL specification, on a completed subgraph document."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from graphql import (
    ConstDirectiveNode,
    DirectiveDefinitionNode,
    DirectiveNode,
    DocumentNode,
    GraphQLDirective,
    GraphQLError,
    GraphQLSchema,
    InputValueDefinitionNode,
    Node,
    TypeDefinitionNode,
    build_ast_schema,
    is_input_type,
    print_ast,
    validate_schema,
)
from graphql.utilities import type_from_ast
from graphql.validation.specified_rules import specified_sdl_rules
from graphql.validation.validation_context import SDLValidationContext

from router.composition.subgraph.literals import literal_fits
from router.composition.subgraph.sdl_visitor import SdlVisitor
from router.specs.federation import federation_version_of

__all__ = ["graphql_problems"]

_DEFAULT_PROBLEM = "has invalid default value"
"""graphql-core's wording for defaults, which are checked here, more leniently."""
_UNKNOWN = re.compile(r"Unknown (?:directive|type) '(@?\w+)'")


def graphql_problems(document: DocumentNode) -> list[str]:
    """What makes the document invalid; empty if it is a schema (GraphQL spec §3, the parts on "Type Validation")."""
    errors: list[GraphQLError] = []
    context = SDLValidationContext(document, None, errors.append)
    SdlVisitor([rule(context) for rule in specified_sdl_rules]).visit(document)
    if errors:
        return [_with_remedy(error.message) for error in errors]
    try:
        schema = build_ast_schema(document, assume_valid_sdl=True)
        schema_errors: Sequence[GraphQLError] = validate_schema(schema)
    except (TypeError, GraphQLError) as error:
        return [str(error)]
    messages = [error.message for error in schema_errors if _DEFAULT_PROBLEM not in error.message]
    if messages:
        return messages
    return list(_value_problems(document, schema))


def _with_remedy(message: str) -> str:
    """The commonest mistake is a name of federation that was not imported."""
    found = _UNKNOWN.match(message)
    since = federation_version_of(found[1]) if found is not None else None
    if since is None:
        return message
    return f"{message} Import it with @link from federation {since} or later, or define it."


def _value_problems(document: DocumentNode, schema: GraphQLSchema) -> Iterator[str]:
    """Values that do not fit their type: defaults and the arguments of directives."""
    directives = {directive.name: directive for directive in schema.directives}
    for definition in document.definitions:
        owner = "schema"
        if isinstance(definition, TypeDefinitionNode):
            owner = definition.name.value
        elif isinstance(definition, DirectiveDefinitionNode):
            owner = "@" + definition.name.value
        yield from _element_problems(definition, owner, directives, schema)


def _element_problems(
    node: Node, coordinate: str, directives: dict[str, GraphQLDirective], schema: GraphQLSchema
) -> Iterator[str]:
    for application in getattr(node, "directives", None) or ():
        yield from _application_problems(application, coordinate, directives, schema)
    if isinstance(node, InputValueDefinitionNode) and node.default_value is not None:
        type_ = type_from_ast(schema, node.type)
        if is_input_type(type_) and not literal_fits(node.default_value, type_):
            yield (
                f"Invalid default value {print_ast(node.default_value)} of {coordinate}:"
                f" it is no {print_ast(node.type)}."
            )
    for group, pattern in (("fields", "{}.{}"), ("values", "{}.{}"), ("arguments", "{}({}:)")):
        for member in getattr(node, group, None) or ():
            inner = pattern.format(coordinate, member.name.value)
            yield from _element_problems(member, inner, directives, schema)


def _application_problems(
    application: ConstDirectiveNode | DirectiveNode,
    coordinate: str,
    directives: dict[str, GraphQLDirective],
    schema: GraphQLSchema,
) -> Iterator[str]:
    directive = directives.get(application.name.value)
    if directive is None:
        return
    for argument in application.arguments or ():
        definition = directive.args.get(argument.name.value)
        if definition is not None and not literal_fits(argument.value, definition.type):
            yield (
                f"Invalid value {print_ast(argument.value)} of @{directive.name}({argument.name.value}:) on"
                f" {coordinate}: it is no {definition.type}."
            )
