"""Selections written inside ``@key``, ``@requires``, ``@provides`` and context arguments."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from graphql import (
    FieldNode,
    GraphQLSyntaxError,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    parse,
    print_ast,
)

__all__ = ["FieldSetSyntaxError", "canonical_field_set", "iter_selections", "parse_field_set", "print_field_set"]


class FieldSetSyntaxError(ValueError):
    """The text is not a selection set."""


@lru_cache(maxsize=16384)
def parse_field_set(text: str) -> SelectionSetNode:
    """Parse ``"id owner { name }"``, with or without outer braces; raises FieldSetSyntaxError.

    The answer is shared between callers and must not be changed.
    """
    body = text if text.lstrip().startswith("{") else "{" + text + "}"
    try:
        definitions = parse(body, no_location=True).definitions
    except GraphQLSyntaxError as error:
        raise FieldSetSyntaxError(error.message) from error
    if len(definitions) != 1 or not isinstance(definitions[0], OperationDefinitionNode):
        raise FieldSetSyntaxError("more than one selection set")
    selection_set: SelectionSetNode = definitions[0].selection_set
    inner = [getattr(selection, "selection_set", None) for selection in iter_selections(selection_set)]
    if any(nested is not None and not nested.selections for nested in (selection_set, *inner)):
        raise FieldSetSyntaxError("a selection set is empty")
    return selection_set


def iter_selections(selection_set: SelectionSetNode) -> Iterator[SelectionNode]:
    """Every selection of the set and of the sets inside it, outer before inner."""
    for selection in selection_set.selections:
        yield selection
        inner = getattr(selection, "selection_set", None)
        if inner is not None:
            yield from iter_selections(inner)


@lru_cache(maxsize=16384)
def print_field_set(text: str) -> str:
    """The field set in one line without outer braces, or the text itself if it does not parse."""
    try:
        selections = parse_field_set(text)
    except FieldSetSyntaxError:
        return text
    return " ".join(_print(selection) for selection in selections.selections)


@lru_cache(maxsize=16384)
def canonical_field_set(text: str) -> str:
    """Equal for field sets that differ only in order and spacing; FieldSetSyntaxError if unreadable."""
    return _canonical(parse_field_set(text))


def _canonical(selection_set: SelectionSetNode) -> str:
    parts = set()
    for selection in selection_set.selections:
        if isinstance(selection, FieldNode | InlineFragmentNode):
            inner = f" {{{_canonical(selection.selection_set)}}}" if selection.selection_set else ""
            parts.add(_head(selection) + inner)
    return " ".join(sorted(parts))


def _print(selection: SelectionNode) -> str:
    if not isinstance(selection, FieldNode | InlineFragmentNode):
        return print_ast(selection)
    inner = ""
    if selection.selection_set is not None:
        inner = " { " + " ".join(_print(child) for child in selection.selection_set.selections) + " }"
    return _head(selection) + inner


def _head(selection: FieldNode | InlineFragmentNode) -> str:
    directives = "".join(" " + print_ast(directive) for directive in selection.directives or ())
    if isinstance(selection, InlineFragmentNode):
        condition = f" on {selection.type_condition.name.value}" if selection.type_condition else ""
        return f"...{condition}{directives}"
    alias = f"{selection.alias.value}: " if selection.alias else ""
    arguments = ", ".join(print_ast(argument) for argument in selection.arguments or ())
    return f"{alias}{selection.name.value}{f'({arguments})' if arguments else ''}{directives}"
