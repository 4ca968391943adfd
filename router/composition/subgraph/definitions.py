"""Checks a subgraph's own copies of specification definitions against the expected ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from graphql import (
    DefinitionNode,
    DirectiveDefinitionNode,
    DocumentNode,
    EnumTypeDefinitionNode,
    InputObjectTypeDefinitionNode,
    InputValueDefinitionNode,
    ObjectTypeDefinitionNode,
    TypeDefinitionNode,
    TypeExtensionNode,
    print_ast,
)

from router.composition.errors import CompositionError
from router.composition.schema.reader import TYPE_CLASSES
from router.composition.schema.type_ref import is_list, is_non_null, item, named, nullable, type_text
from router.specs.service import SERVICE_KINDS

__all__ = ["check_definitions", "with_own_types"]

_BUILT_IN = {"String", "Int", "Float", "Boolean", "ID"}
_OF_SUPERGRAPHS = ("join__", "link__")
"""Prefixes of what every supergraph defines for itself."""
_ARTICLES = {"scalar": "a", "enum": "an", "object": "an", "interface": "an", "input": "an", "union": "a"}


def check_definitions(document: DocumentNode, expected: Mapping[str, DefinitionNode]) -> Iterator[CompositionError]:
    """DIRECTIVE_DEFINITION_INVALID and TYPE_DEFINITION_INVALID for copies that are not what they copy."""
    structured = _structured(document)
    for node in document.definitions:
        if isinstance(node, DirectiveDefinitionNode):
            model = expected.get("@" + node.name.value)
            if isinstance(model, DirectiveDefinitionNode) and node.name.value != "link":
                for problem in _directive_problems(node, model, structured):
                    yield CompositionError(
                        "DIRECTIVE_DEFINITION_INVALID",
                        f"Invalid definition of @{node.name.value}: {problem}. Remove it or write: {print_ast(model)}.",
                        (f"@{node.name.value}",),
                    )
            elif model is None and node.name.value.startswith(_OF_SUPERGRAPHS):
                yield CompositionError(
                    "DIRECTIVE_DEFINITION_INVALID",
                    f"Invalid definition of @{node.name.value}: {_belongs_to_supergraphs(node.name.value)}.",
                    (f"@{node.name.value}",),
                )
        elif isinstance(node, TypeDefinitionNode | TypeExtensionNode):
            name = node.name.value
            for problem in _type_problems(node, expected.get(name)):
                message = f"Invalid definition of type {name}: {problem}."
                yield CompositionError("TYPE_DEFINITION_INVALID", message, (name,))


def _type_problems(node: TypeDefinitionNode | TypeExtensionNode, model: DefinitionNode | None) -> Iterator[str]:
    """How a type differs from what the specification that owns its name says."""
    name, kind = node.name.value, _kind(node)
    if model is None and name.startswith(_OF_SUPERGRAPHS):
        yield _belongs_to_supergraphs(name)
        return
    wanted = SERVICE_KINDS.get(name, kind) if model is None else _kind(model)
    if kind != wanted:
        yield f"it must be {_ARTICLES[wanted]} {wanted}, not {_ARTICLES[kind]} {kind}. Remove it: it is there anyway"
    elif name == "_Service" and isinstance(node, ObjectTypeDefinitionNode) and not _serves_sdl(node):
        yield "its only field is sdl: String. Remove it: it is there anyway"
    elif isinstance(node, EnumTypeDefinitionNode) and isinstance(model, EnumTypeDefinitionNode):
        values, expected = (sorted(value.name.value for value in enum.values or ()) for enum in (node, model))
        if values != expected:
            yield f"its values must be {' and '.join(expected)}. Remove it: it is there anyway"


def _kind(node: DefinitionNode) -> str:
    return TYPE_CLASSES[node.kind.removesuffix("_definition").removesuffix("_extension")].kind


def _serves_sdl(node: ObjectTypeDefinitionNode) -> bool:
    return [(field.name.value, nullable(type_text(field.type))) for field in node.fields or ()] == [("sdl", "String")]


def _belongs_to_supergraphs(name: str) -> str:
    return f"names that begin with {name.partition('__')[0]}__ belong to the supergraph. Give it another name"


def with_own_types(document: DocumentNode, expected: Mapping[str, DefinitionNode]) -> dict[str, DefinitionNode]:
    """The expected definitions, taking enums and input objects where the document's copies take them for a scalar."""
    structured = _structured(document)
    found = dict(expected)
    for node in document.definitions:
        model = expected.get("@" + node.name.value) if isinstance(node, DirectiveDefinitionNode) else None
        if not isinstance(node, DirectiveDefinitionNode) or not isinstance(model, DirectiveDefinitionNode):
            continue
        own = {
            argument.name.value: argument
            for argument in node.arguments or ()
            if named(type_text(argument.type)) in structured
        }
        if own:
            arguments = tuple(own.get(argument.name.value, argument) for argument in model.arguments or ())
            found["@" + node.name.value] = replace(model, arguments=arguments)
    return found


def _structured(document: DocumentNode) -> set[str]:
    return {
        node.name.value
        for node in document.definitions
        if isinstance(node, EnumTypeDefinitionNode | InputObjectTypeDefinitionNode)
    }


def _directive_problems(
    node: DirectiveDefinitionNode, model: DirectiveDefinitionNode, structured: set[str]
) -> Iterator[str]:
    given = {argument.name.value: argument for argument in node.arguments or ()}
    wanted = {argument.name.value: argument for argument in model.arguments or ()}
    for name, argument in wanted.items():
        if name in given:
            yield from _argument_problems(name, given[name], argument, structured)
        elif is_non_null(type_text(argument.type)) and argument.default_value is None:
            yield f'missing required argument "{name}"'
    yield from (f'unknown argument "{name}"' for name in given if name not in wanted)
    if node.repeatable and not model.repeatable:
        yield "it must not be repeatable"
    allowed = {location.value for location in model.locations}
    extra = [location.value for location in node.locations if location.value not in allowed]
    if extra:
        yield f"it cannot stand on {', '.join(extra)}"


def _argument_problems(
    name: str, given: InputValueDefinitionNode, wanted: InputValueDefinitionNode, structured: set[str]
) -> Iterator[str]:
    actual, expected = type_text(given.type), type_text(wanted.type)
    if is_non_null(actual) and not is_non_null(expected):
        actual = nullable(actual)
    if not _redefines(expected, actual, _BUILT_IN | structured):
        yield f'argument "{name}" should have type "{expected}", found "{type_text(given.type)}"'
    elif not is_non_null(type_text(given.type)):
        default = print_ast(wanted.default_value) if wanted.default_value else "none"
        found = print_ast(given.default_value) if given.default_value else "none"
        if default != found:
            yield f'argument "{name}" should have default {default}, found {found}'


def _redefines(expected: str, actual: str, others: set[str]) -> bool:
    """A specification's scalar may be redefined as any type but another scalar: composition checks its values."""
    if is_non_null(expected):
        return is_non_null(actual) and _redefines(nullable(expected), nullable(actual), others)
    if is_list(expected):
        return is_list(actual) and not is_non_null(actual) and _redefines(item(expected), item(actual), others)
    if expected == "_FieldSet" and actual in ("[String]", "[String!]"):
        return True  # federation 1 wrote field sets as lists of strings, too
    return expected == actual or (expected not in _BUILT_IN and actual in others)
