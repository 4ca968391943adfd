"""What the executor has to know of a subgraph request's document; read once, when a plan is compiled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from graphql import (
    DirectiveNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
    parse,
)

from router.query_plan.nodes import Conditions

__all__ = ["AnswerKeys", "answer_keys", "condition"]


_Alternative = tuple[tuple[str, bool], ...]


@dataclass(frozen=True, slots=True)
class AnswerKeys:
    """Response keys one level deep, when an answer has them, and which hold objects; of these the next level too."""

    keys: Mapping[str, Conditions]
    composite: frozenset[str]
    below: Mapping[str, AnswerKeys]


def answer_keys(document: str) -> AnswerKeys:
    """The response keys of the operation's root and of the objects right below it, whatever their types. Parses the
    whole document."""
    definitions = parse(document, no_location=True).definitions
    fragments = {node.name.value: node for node in definitions if isinstance(node, FragmentDefinitionNode)}
    operation = next(node for node in definitions if isinstance(node, OperationDefinitionNode))
    return _keys([operation.selection_set], fragments, depth=2)


def _keys(
    selection_sets: list[SelectionSetNode], fragments: Mapping[str, FragmentDefinitionNode], depth: int
) -> AnswerKeys:
    collected = _Collected(fragments, {}, {})
    for selection_set in selection_sets:
        _collect(selection_set, collected, ())
    composite = frozenset(key for key, inner in collected.inner.items() if inner)
    below = {key: _keys(collected.inner[key], fragments, depth - 1) for key in sorted(composite)} if depth > 1 else {}
    keys = {key: () if () in found else tuple(found) for key, found in collected.alternatives.items()}
    return AnswerKeys(keys, composite, below)


class _Collected(NamedTuple):
    fragments: Mapping[str, FragmentDefinitionNode]
    inner: dict[str, list[SelectionSetNode]]
    alternatives: dict[str, list[_Alternative]]


def _collect(selection_set: SelectionSetNode, into: _Collected, outer: _Alternative) -> None:
    for selection in selection_set.selections:
        alternative = (*outer, *[condition(directive) for directive in selection.directives or ()])
        if isinstance(selection, FieldNode):
            key = (selection.alias or selection.name).value
            into.alternatives.setdefault(key, []).append(alternative)
            inner = into.inner.setdefault(key, [])
            if selection.selection_set is not None:
                inner.append(selection.selection_set)
        elif isinstance(selection, FragmentSpreadNode):
            _collect(into.fragments[selection.name.value].selection_set, into, alternative)
        elif isinstance(selection, InlineFragmentNode):
            _collect(selection.selection_set, into, alternative)


def condition(directive: DirectiveNode) -> tuple[str, bool]:
    """The variable and the value ``@include`` or ``@skip`` waits for; of any other directive, one that never holds:
    nobody is to rely on such a field."""
    wanted = {"include": True, "skip": False}.get(directive.name.value)
    value = directive.arguments[0].value if wanted is not None and directive.arguments else None
    return (value.name.value, wanted) if isinstance(value, VariableNode) and wanted is not None else ("", True)
