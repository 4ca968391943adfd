"""Splitting introspection off: ``__schema`` and ``__type`` are answered from the API schema, not by a subgraph (GraphQL
spec §4.2)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from graphql import (
    REMOVE,
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    VariableNode,
    Visitor,
    print_ast,
    visit,
)
from graphql.language.ast import Node
from graphql.language.visitor import VisitorAction

__all__ = ["introspection_document"]

_META = {"__schema", "__type"}


def introspection_document(document: DocumentNode, operation: OperationDefinitionNode) -> str | None:
    """The operation reduced to its introspection fields and what they use; ``None`` when it has none.

    Fragments on the root type are reduced alike, once, and stay fragments. O(size of the document).
    """
    fragments = {node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)}
    reduction = _Reduction(fragments)
    selections = reduction.of(operation.selection_set)
    if not selections:
        return None
    fragments |= reduction.fragments
    used: dict[str, FragmentDefinitionNode] = {}
    _collect_fragments(selections, fragments, used)
    selections = tuple(_undeferred(node) for node in selections)
    definitions = [_undeferred(node) for node in used.values()]
    variables = {name for node in (*selections, *definitions) for name in _variables(node)}
    reduced = OperationDefinitionNode(
        operation=operation.operation,
        name=operation.name,
        variable_definitions=tuple(
            node for node in operation.variable_definitions or () if node.variable.name.value in variables
        ),
        directives=(),
        selection_set=SelectionSetNode(selections=selections),
    )
    return print_ast(DocumentNode(definitions=(reduced, *definitions)))


class _Reduction:
    """Leaves of selections on the root type what asks the schema about itself."""

    def __init__(self, written: Mapping[str, FragmentDefinitionNode]) -> None:
        self.fragments: dict[str, FragmentDefinitionNode] = {}
        """Those that have something of it, reduced."""
        self._written = written
        self._read: set[str] = set()

    def of(self, node: SelectionSetNode) -> tuple[SelectionNode, ...]:
        """What is left of the selections."""
        return tuple(kept for selection in node.selections if (kept := self._selection(selection)) is not None)

    def _selection(self, selection: SelectionNode) -> SelectionNode | None:
        match selection:
            case FieldNode(name=name):
                return selection if name.value in _META else None
            case FragmentSpreadNode(name=name):
                return selection if self._has_some(name.value) else None
            case InlineFragmentNode():
                kept = self.of(selection.selection_set)
                return (
                    None
                    if not kept
                    else InlineFragmentNode(
                        type_condition=selection.type_condition,
                        directives=selection.directives,
                        selection_set=SelectionSetNode(selections=kept),
                    )
                )
        raise TypeError(f"unknown selection {selection.kind}")

    def _has_some(self, name: str) -> bool:
        if name not in self._read:
            self._read.add(name)
            fragment = self._written[name]
            kept = self.of(fragment.selection_set)
            if kept:
                self.fragments[name] = FragmentDefinitionNode(
                    name=fragment.name,
                    type_condition=fragment.type_condition,
                    directives=fragment.directives,
                    selection_set=SelectionSetNode(selections=kept),
                )
        return name in self.fragments


def _undeferred(node: Any) -> Any:
    """The node without ``@defer``: what a schema says of itself is there at once."""

    class Undeferred(Visitor):
        def enter_directive(self, directive: DirectiveNode, *_: object) -> VisitorAction:
            return REMOVE if directive.name.value == "defer" else None

    return visit(node, Undeferred())


def _collect_fragments(
    nodes: Iterable[Node], fragments: dict[str, FragmentDefinitionNode], used: dict[str, FragmentDefinitionNode]
) -> None:
    for node in nodes:
        for name in _spreads(node):
            if name not in used:
                used[name] = fragments[name]
                _collect_fragments((fragments[name],), fragments, used)


def _spreads(node: Node) -> list[str]:
    names: list[str] = []

    class Spreads(Visitor):
        def enter_fragment_spread(self, spread: FragmentSpreadNode, *_: object) -> None:
            names.append(spread.name.value)

    visit(node, Spreads())
    return names


def _variables(node: Node) -> list[str]:
    names: list[str] = []

    class Variables(Visitor):
        def enter_variable(self, variable: VariableNode, *_: object) -> None:
            names.append(variable.name.value)

    visit(node, Variables())
    return names
