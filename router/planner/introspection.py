"""Splitting introspection off: ``__schema`` and ``__type`` are answered from the API schema, not by a subgraph (GraphQL
spec §4.2)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
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

    Fragments on the root type are expanded wherever they are spread, which no ``Budget`` counts: whoever plans
    documents of strangers bounds their expanded size before.
    """
    fragments = {node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)}
    selections = tuple(_introspection(operation.selection_set, fragments))
    if not selections:
        return None
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


def _introspection(node: SelectionSetNode, fragments: dict[str, FragmentDefinitionNode]) -> Iterator[SelectionNode]:
    for selection in node.selections:
        if isinstance(selection, FieldNode):
            if selection.name.value in _META:
                yield selection
            continue
        inner = fragments[selection.name.value] if isinstance(selection, FragmentSpreadNode) else selection
        if isinstance(inner, InlineFragmentNode | FragmentDefinitionNode):
            kept = tuple(_introspection(inner.selection_set, fragments))
            if kept:
                yield InlineFragmentNode(
                    type_condition=inner.type_condition,
                    directives=selection.directives,
                    selection_set=SelectionSetNode(selections=kept),
                )


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
