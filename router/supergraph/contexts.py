"""Contexts: values that objects set for fields anywhere below them (https://specs.apollo.dev/context/v0.1)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    InterfaceTypeDefinitionNode,
    ObjectTypeDefinitionNode,
    StringValueNode,
    UnionTypeDefinitionNode,
)

from router.supergraph.field_set import FieldSet, FieldSetField, parse_field_set, possible_types
from router.supergraph.links import SupergraphLinks
from router.supergraph.model import ContextArgument

__all__ = ["Contexts"]

_Composite = ObjectTypeDefinitionNode | InterfaceTypeDefinitionNode | UnionTypeDefinitionNode


class Contexts:
    """The contexts of a supergraph. A context on an interface or union is set by each of its object types."""

    def __init__(self, document: DocumentNode, links: SupergraphLinks, schema: GraphQLSchema) -> None:
        self._schema = schema
        directive = links.directive("context", "context")
        self._setters: dict[str, dict[str, None]] = {}
        for node in document.definitions:
            if directive is not None and isinstance(node, _Composite):
                for name in _contexts(node, directive):
                    types = sorted(possible_types(schema, node.name.value))
                    self._setters.setdefault(name, {}).update(dict.fromkeys(types))

    def argument(self, application: Mapping[str, Any]) -> ContextArgument:
        """One ``contextArguments`` entry of ``@join__field``. Raises ``GraphQLError`` when nothing gives a value."""
        context, selection = application["context"], application["selection"]
        read = ((name, self._read(name, selection)) for name in self._setters.get(context, ()))
        selections = tuple((name, fields) for name, fields in read if fields)
        if not selections:
            raise GraphQLError(f"No type sets context {context} with a value for '{selection}'.")
        return ContextArgument(application["name"], application["type"], context, selections)

    def _read(self, type_name: str, selection: str) -> FieldSet:
        """What the selection reads of an object type: nothing when it is written for other types of its interface."""
        try:
            fields = parse_field_set(self._schema, type_name, selection)
        except GraphQLError:
            return ()
        return tuple(_of_any_type(field) for field in fields if field.types is None or type_name in field.types)


def _contexts(node: _Composite, directive: str) -> Iterator[str]:
    for application in node.directives or ():
        if application.name.value == directive:
            for argument in application.arguments or ():
                if argument.name.value == "name" and isinstance(argument.value, StringValueNode):
                    yield argument.value.value


def _of_any_type(field: FieldSetField) -> FieldSetField:
    return FieldSetField(field.name, field.parent_type, None, field.arguments, field.selections)
