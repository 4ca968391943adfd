"""Checks a subgraph's own copies of specification definitions against the expected ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from graphql import (
    DefinitionNode,
    DirectiveDefinitionNode,
    DocumentNode,
    InputValueDefinitionNode,
    ScalarTypeDefinitionNode,
    TypeDefinitionNode,
    print_ast,
)

from router.composition.errors import CompositionError
from router.composition.schema.type_ref import is_list, is_non_null, item, nullable, type_text

__all__ = ["check_definitions"]

_BUILT_IN = {"String", "Int", "Float", "Boolean", "ID"}


def check_definitions(document: DocumentNode, expected: Mapping[str, DefinitionNode]) -> Iterator[CompositionError]:
    """DIRECTIVE_DEFINITION_INVALID and TYPE_DEFINITION_INVALID for copies that are not what they copy."""
    for node in document.definitions:
        if isinstance(node, DirectiveDefinitionNode):
            model = expected.get("@" + node.name.value)
            if isinstance(model, DirectiveDefinitionNode) and node.name.value != "link":
                for problem in _directive_problems(node, model):
                    yield CompositionError(
                        "DIRECTIVE_DEFINITION_INVALID",
                        f"Invalid definition of @{node.name.value}: {problem}. Remove it or write {print_ast(model)}",
                        (f"@{node.name.value}",),
                    )
        elif isinstance(node, TypeDefinitionNode):
            wanted = expected.get(node.name.value)
            if isinstance(wanted, ScalarTypeDefinitionNode) and not isinstance(node, ScalarTypeDefinitionNode):
                yield CompositionError(
                    "TYPE_DEFINITION_INVALID",
                    f"Invalid definition of type {node.name.value}: it must be a scalar. Remove it or write"
                    f" scalar {node.name.value}",
                    (node.name.value,),
                )


def _directive_problems(node: DirectiveDefinitionNode, model: DirectiveDefinitionNode) -> Iterator[str]:
    given = {argument.name.value: argument for argument in node.arguments or ()}
    wanted = {argument.name.value: argument for argument in model.arguments or ()}
    for name, argument in wanted.items():
        if name in given:
            yield from _argument_problems(name, given[name], argument)
        elif is_non_null(type_text(argument.type)) and argument.default_value is None:
            yield f'missing required argument "{name}"'
    yield from (f'unknown argument "{name}"' for name in given if name not in wanted)
    if node.repeatable and not model.repeatable:
        yield "it must not be repeatable"
    allowed = {location.value for location in model.locations}
    extra = [location.value for location in node.locations if location.value not in allowed]
    if extra:
        yield f"it cannot stand on {', '.join(extra)}"


def _argument_problems(name: str, given: InputValueDefinitionNode, wanted: InputValueDefinitionNode) -> Iterator[str]:
    actual, expected = type_text(given.type), type_text(wanted.type)
    if is_non_null(actual) and not is_non_null(expected):
        actual = nullable(actual)
    if not _redefines(expected, actual):
        yield f'argument "{name}" should have type "{expected}", found "{type_text(given.type)}"'
    elif not is_non_null(type_text(given.type)):
        default = print_ast(wanted.default_value) if wanted.default_value else "none"
        found = print_ast(given.default_value) if given.default_value else "none"
        if default != found:
            yield f'argument "{name}" should have default {default}, found {found}'


def _redefines(expected: str, actual: str) -> bool:
    """A specification's scalar may be redefined as any built-in: validation of its values is the composer's."""
    if is_non_null(expected):
        return is_non_null(actual) and _redefines(nullable(expected), nullable(actual))
    if is_list(expected):
        return is_list(actual) and not is_non_null(actual) and _redefines(item(expected), item(actual))
    if expected == "_FieldSet" and actual in ("[String]", "[String!]"):
        return True  # federation 1 wrote field sets as lists of strings, too
    return expected == actual or (expected not in _BUILT_IN and actual in _BUILT_IN)
