"""Stages 1 and 2 of one subgraph: parse, links, specification definitions, GraphQL validity, roots."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from graphql import DefinitionNode, DocumentNode, GraphQLError, specified_scalar_types

from router.composition.errors import CompositionError
from router.composition.schema import Field, FieldsType, InputObjectType, InputValue, ObjectType, Schema, UnionType
from router.composition.schema.reader import SchemaReader
from router.composition.schema.type_ref import named
from router.composition.subgraph.defaults import normalize_values
from router.composition.subgraph.definitions import check_definitions, with_own_types
from router.composition.subgraph.expand import combine_extensions, specification_definitions
from router.composition.subgraph.graphql_rules import graphql_problems
from router.composition.subgraph.subgraph import Subgraph, SubgraphSource
from router.specs.link import read_links
from router.specs.sdl import parse_sdl
from router.specs.service import SERVICE_TYPES

__all__ = ["read_subgraph"]

_DEFAULT_ROOTS = {"query": "Query", "mutation": "Mutation", "subscription": "Subscription"}


def read_subgraph(source: SubgraphSource) -> Subgraph | list[CompositionError]:
    """The subgraph, or why the first failing stage rejects it. Messages begin with the subgraph's name.

    INVALID_GRAPHQL, what ``read_links`` finds wrong, DIRECTIVE_DEFINITION_INVALID, TYPE_DEFINITION_INVALID, and
    ROOT_QUERY_USED and its like. Root types get their default names.
    """
    try:
        document = parse_sdl(source.sdl)
    except GraphQLError as error:
        return _named(source, [CompositionError("INVALID_GRAPHQL", _syntax_message(error))])
    links, problems = read_links(document)
    if problems:
        return _named(source, [CompositionError(problem.code, problem.message) for problem in problems])
    definitions = specification_definitions(links)
    errors = _validity_errors(document, definitions)
    if errors:
        return _named(source, errors)
    schema = SchemaReader(document, links, {*definitions, *SERVICE_TYPES, *specified_scalar_types}).read()
    normalize_values(schema)
    errors = list(_unmerged_types(schema)) or _rename_roots(schema)
    if errors:
        return _named(source, errors)
    return Subgraph(source.name, source.url, schema)


def _named(source: SubgraphSource, errors: list[CompositionError]) -> list[CompositionError]:
    return [replace(error, message=f"[{source.name}] {error.message}", subgraphs=(source.name,)) for error in errors]


def _syntax_message(error: GraphQLError) -> str:
    places = "".join(f" at line {place.line}, column {place.column}" for place in error.locations or ())
    return f"{error.message.removesuffix('.')}{places}: correct the schema there."


def _validity_errors(document: DocumentNode, definitions: dict[str, DefinitionNode]) -> list[CompositionError]:
    errors = list(check_definitions(document, definitions))
    if errors:
        return errors
    complete, clashes = combine_extensions(document, definitions, with_own_types(document, definitions).values())
    messages = [error.message for error in clashes] or graphql_problems(complete)
    return [CompositionError("INVALID_GRAPHQL", message) for message in messages]


def _unmerged_types(schema: Schema) -> Iterator[CompositionError]:
    """References to types of specifications: valid here, but no types of the supergraph."""
    for coordinate, name in _references(schema):
        if name not in schema.types and name not in specified_scalar_types:
            yield CompositionError(
                "INVALID_GRAPHQL",
                f'"{coordinate}" cannot be of type "{name}", which serves federation alone and is no type of the'
                " supergraph: use another type.",
                (coordinate,),
            )


def _references(schema: Schema) -> Iterator[tuple[str, str]]:
    yield from schema.roots.items()
    for element in schema.elements():
        if isinstance(element, Field | InputValue):
            yield element.coordinate, named(element.type)
        elif isinstance(element, UnionType):
            yield from ((element.name, member) for member in element.members)


def _rename_roots(schema: Schema) -> list[CompositionError]:
    """Root types get their default names, which must be free. Every subgraph has a query root: it serves
    ``_service``, even if it has no query of its own."""
    errors = []
    for operation, default in _DEFAULT_ROOTS.items():
        name = schema.roots.get(operation)
        if name is None or name == default:
            continue
        if default in schema.types:
            errors.append(
                CompositionError(
                    f"ROOT_{operation.upper()}_USED",
                    f'The {operation} root is "{name}" but there is also a type named "{default}":'
                    f' rename the type "{default}" or make it the root.',
                    (default,),
                )
            )
        else:
            _rename_type(schema, name, default)
            schema.roots[operation] = default
    if "query" not in schema.roots and "Query" not in schema.types:
        schema.types["Query"] = ObjectType(coordinate="Query", name="Query")
    return errors


def _rename_type(schema: Schema, old: str, new: str) -> None:
    schema.types = {new if name == old else name: type_ for name, type_ in schema.types.items()}
    renamed = schema.types[new]
    renamed.name = renamed.coordinate = new
    if isinstance(renamed, ObjectType):
        for field in renamed.fields.values():
            field.parent = new
            field.coordinate = f"{new}.{field.name}"
            for argument in field.arguments.values():
                argument.coordinate = f"{field.coordinate}({argument.name}:)"
    for type_ in schema.types.values():
        if isinstance(type_, FieldsType | InputObjectType):
            for member in type_.fields.values():
                if named(member.type) == old:
                    member.type = member.type.replace(old, new)
        elif isinstance(type_, UnionType):
            type_.members = [new if member == old else member for member in type_.members]
