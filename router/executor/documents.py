"""What the executor has to know of a subgraph request's document; read once, when a plan is compiled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    parse,
)

__all__ = ["AnswerKeys", "answer_keys"]


@dataclass(frozen=True, slots=True)
class AnswerKeys:
    """Response keys one level deep: all of them, those that hold objects, and for each of these the next level."""

    keys: tuple[str, ...]
    certain: frozenset[str]
    """Those no directive decides about; of one object type, every answer has them."""
    composite: frozenset[str]
    below: dict[str, AnswerKeys]


def answer_keys(document: str) -> AnswerKeys:
    """The response keys of the operation's root and of the objects right below it, whatever their types."""
    definitions = parse(document, no_location=True).definitions
    fragments = {node.name.value: node for node in definitions if isinstance(node, FragmentDefinitionNode)}
    operation = next(node for node in definitions if isinstance(node, OperationDefinitionNode))
    return _keys([operation.selection_set], fragments, depth=2)


def _keys(
    selection_sets: list[SelectionSetNode], fragments: dict[str, FragmentDefinitionNode], depth: int
) -> AnswerKeys:
    collected = _Collected(fragments, {}, set())
    for selection_set in selection_sets:
        _collect(selection_set, collected, certain=True)
    keys = collected.keys
    composite = frozenset(key for key, inner in keys.items() if inner)
    below = {key: _keys(keys[key], fragments, depth - 1) for key in sorted(composite)} if depth > 1 else {}
    return AnswerKeys(tuple(keys), frozenset(collected.certain), composite, below)


class _Collected(NamedTuple):
    fragments: dict[str, FragmentDefinitionNode]
    keys: dict[str, list[SelectionSetNode]]
    certain: set[str]


def _collect(selection_set: SelectionSetNode, into: _Collected, *, certain: bool) -> None:
    for selection in selection_set.selections:
        unconditional = certain and not selection.directives
        if isinstance(selection, FieldNode):
            key = (selection.alias or selection.name).value
            inner = into.keys.setdefault(key, [])
            if unconditional:
                into.certain.add(key)
            if selection.selection_set is not None:
                inner.append(selection.selection_set)
        elif isinstance(selection, FragmentSpreadNode):
            _collect(into.fragments[selection.name.value].selection_set, into, certain=unconditional)
        elif isinstance(selection, InlineFragmentNode):
            _collect(selection.selection_set, into, certain=unconditional)
