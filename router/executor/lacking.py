"""What an answer lacks of what its request asked for: every selected field has an entry, be it null (spec §6.3).

Looked for only when a value is missing where the client's response is built: a missing entity is no fault, a missing
field of an entity is one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

from graphql import (
    DirectiveNode,
    FieldNode,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    is_abstract_type,
    parse,
)

from router.executor.documents import condition
from router.executor.errors import ErrorPath
from router.executor.typenames import possible_types, typename_of

__all__ = ["Expected"]


class Expected:
    """The entries that answers to one document have, one without fragment definitions as plans have them.

    The document is read when it is first asked for.
    """

    def __init__(self, document: str, schema: GraphQLSchema) -> None:
        self._document = document
        self._schema = schema

    def lacking(self, data: Mapping[str, Any], variables: Mapping[str, Any]) -> Iterator[ErrorPath]:
        """Paths of entries that are not there, in an answer to a fetch of root fields. Looks at all of the answer."""
        yield from self._look([self._operation.selection_set], data, None, variables, ())

    def lacking_of_entities(
        self,
        key: str,
        sent: Sequence[Mapping[str, Any]],
        data: Mapping[str, Any],
        variables: Mapping[str, Any],
        call: str | None = None,
    ) -> Iterator[ErrorPath]:
        """The same for the ``_entities`` field that is answered under ``key``; ``sent`` are its representations.

        ``call`` is its response key in the document, if that is another one.
        """
        selected, answer = self._calls[call or key], data.get(key)
        if type(answer) is not list:
            return
        for index, (representation, entity) in enumerate(zip(sent, answer, strict=False)):
            if type(entity) is dict:
                typename = typename_of(entity) or representation["__typename"]
                yield from self._look([selected], entity, typename, variables, (key, index))

    @cached_property
    def _operation(self) -> OperationDefinitionNode:
        definitions = parse(self._document, no_location=True).definitions
        return next(node for node in definitions if isinstance(node, OperationDefinitionNode))

    @cached_property
    def _calls(self) -> dict[str, SelectionSetNode]:
        fields = (node for node in self._operation.selection_set.selections if isinstance(node, FieldNode))
        return {_key(node): node.selection_set for node in fields if node.selection_set is not None}

    def _look(
        self,
        selected: Iterable[SelectionSetNode],
        value: Mapping[str, Any],
        typename: str | None,
        variables: Mapping[str, Any],
        path: ErrorPath,
    ) -> Iterator[ErrorPath]:
        found: dict[str, list[SelectionSetNode]] = {}
        for node in selected:
            self._collect(node, typename, variables, found)
        for key, below in found.items():
            if key not in value:
                yield (*path, key)
            elif below:
                yield from self._look_inside(below, value[key], variables, (*path, key))

    def _look_inside(
        self, selected: list[SelectionSetNode], value: Any, variables: Mapping[str, Any], path: ErrorPath
    ) -> Iterator[ErrorPath]:
        if type(value) is dict:
            yield from self._look(selected, value, typename_of(value), variables, path)
        elif type(value) is list:
            for index, item in enumerate(value):
                yield from self._look_inside(selected, item, variables, (*path, index))

    def _collect(
        self,
        selection_set: SelectionSetNode,
        typename: str | None,
        variables: Mapping[str, Any],
        found: dict[str, list[SelectionSetNode]],
    ) -> None:
        """CollectFields, but for fields of which it is not certain that they apply."""
        for selection in selection_set.selections:
            if not all(_holds(directive, variables) for directive in selection.directives or ()):
                continue
            if isinstance(selection, FieldNode):
                below = found.setdefault(_key(selection), [])
                if selection.selection_set is not None:
                    below.append(selection.selection_set)
            elif isinstance(selection, InlineFragmentNode) and self._applies(selection, typename):
                self._collect(selection.selection_set, typename, variables, found)

    def _applies(self, node: InlineFragmentNode, typename: str | None) -> bool:
        """Whether an object surely is of the fragment's type; an interface object has the interface's name."""
        if node.type_condition is None or node.type_condition.name.value == typename:
            return True
        type_ = self._schema.type_map.get(node.type_condition.name.value)
        return is_abstract_type(type_) and typename in possible_types(self._schema, type_)


def _holds(directive: DirectiveNode, variables: Mapping[str, Any]) -> bool:
    """Whether a selection is surely included, as far as this directive goes."""
    variable, wanted = condition(directive)
    return variables.get(variable) is wanted


def _key(node: FieldNode) -> str:
    return (node.alias or node.name).value
