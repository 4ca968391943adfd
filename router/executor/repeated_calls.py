"""Documents in which entity calls stand several times, each time with variables of its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    NameNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableDefinitionNode,
    VariableNode,
    Visitor,
    parse,
    print_ast,
    strip_ignored_characters,
    visit,
)

from router.query_plan.nodes import EntityCall, EntityFetch

__all__ = ["RepeatedCalls", "Repetition"]


@dataclass(frozen=True, slots=True)
class Repetition:
    """One occurrence of a call: its response key, and the names of the call's own variables."""

    response_key: str
    names: Mapping[str, str]


class RepeatedCalls:
    """Writes the documents of one fetch."""

    def __init__(self, fetch: EntityFetch) -> None:
        self._fetch = fetch
        self._definition = _operation(parse(fetch.document, no_location=True))
        self._taken = {node.variable.name.value for node in self._definition.variable_definitions or ()}

    def once(self) -> list[list[Repetition]]:
        """Every call as it stands in the fetch."""
        return [[Repetition(call.response_key, {name: name for name in _own(call)})] for call in self._fetch.calls]

    def repeat(self, counts: Sequence[int]) -> tuple[str, list[str], list[list[Repetition]]]:
        """The document with each call ``counts`` times, the client's variables in it, and each call's repetitions.

        Prints each call anew as often as it stands in the document.
        """
        repetitions = [
            [Repetition(f"{call.response_key}_{number}", self._names(call, number)) for number in range(count)]
            for call, count in zip(self._fetch.calls, counts, strict=True)
        ]
        calls = zip(self._fetch.calls, self._definition.selection_set.selections, repetitions, strict=True)
        definitions = {node.variable.name.value: node for node in self._definition.variable_definitions or ()}
        selections: list[Any] = []
        added: list[VariableDefinitionNode] = []
        for _, node, found in calls:
            for one in found:
                selections.append(_renamed(node, one))
                added += [_defined(definitions[old], new) for old, new in one.names.items()]
        used = {name for selection in selections for name in _mentioned(selection)}
        variables = [name for name in self._fetch.variables if name in used]
        kept = (definitions[name] for name in variables)
        operation = OperationDefinitionNode(
            operation=self._definition.operation,
            name=None,
            variable_definitions=(*added, *kept),
            directives=(),
            selection_set=SelectionSetNode(selections=tuple(selections)),
        )
        return strip_ignored_characters(print_ast(operation)), variables, repetitions

    def _names(self, call: EntityCall, number: int) -> dict[str, str]:
        return {name: self._free(f"{name}_{number}") for name in _own(call)}

    def _free(self, name: str) -> str:
        while name in self._taken:
            name = f"_{name}"
        return name


def _own(call: EntityCall) -> Iterator[str]:
    yield call.representations_variable
    yield from (one.name for one in call.contexts)


def _operation(document: DocumentNode) -> OperationDefinitionNode:
    return next(node for node in document.definitions if isinstance(node, OperationDefinitionNode))


def _renamed(node: Any, repetition: Repetition) -> Any:
    class Rename(Visitor):
        def enter_variable(self, variable: VariableNode, *_: object) -> VariableNode | None:
            name = repetition.names.get(variable.name.value)
            return None if name is None else _variable(name)

    renamed = visit(node, Rename())
    return FieldNode(
        alias=NameNode(value=repetition.response_key),
        name=renamed.name,
        arguments=renamed.arguments,
        directives=renamed.directives,
        selection_set=renamed.selection_set,
    )


def _mentioned(node: Any) -> list[str]:
    names: list[str] = []

    class Mention(Visitor):
        def enter_variable(self, variable: VariableNode, *_: object) -> None:
            names.append(variable.name.value)

    visit(node, Mention())
    return names


def _defined(node: VariableDefinitionNode, name: str) -> VariableDefinitionNode:
    return VariableDefinitionNode(variable=_variable(name), type=node.type, default_value=None, directives=())


def _variable(name: str) -> VariableNode:
    return VariableNode(name=NameNode(value=name))
