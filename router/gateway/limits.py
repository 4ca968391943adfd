"""Bounds on what one document may ask for, measured with fragments expanded but without expanding them.

One pass counts each fragment once and adds its numbers wherever it is spread, so documents whose expansion would be
exponential are measured in linear time. It runs before validation: cyclic fragments count once here and are refused
there.
"""

from __future__ import annotations

from dataclasses import dataclass

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
)

from router.gateway.config import LimitsConfig
from router.gateway.errors import RequestError

__all__ = ["Size", "check_limits", "measure"]


@dataclass(frozen=True, slots=True)
class Size:
    """What a selection set comes to when its fragments are expanded."""

    depth: int = 0
    fields: int = 0
    aliases: int = 0
    root_fields: int = 0
    deferred: int = 0

    def beside(self, other: Size) -> Size:
        """Both selections in one selection set."""
        return Size(
            max(self.depth, other.depth),
            self.fields + other.fields,
            self.aliases + other.aliases,
            self.root_fields + other.root_fields,
            self.deferred + other.deferred,
        )


_NOTHING = Size()
_DEFERRED = Size(deferred=1)


def check_limits(document: DocumentNode, operation: OperationDefinitionNode, limits: LimitsConfig) -> Size:
    """The size of ``operation``. O(its document).

    Raises ``RequestError`` with the code of the first limit that it exceeds: MAX_DEPTH_LIMIT, MAX_ALIASES_LIMIT,
    MAX_ROOT_FIELDS_LIMIT, MAX_FIELDS_LIMIT or MAX_DEFER_LIMIT.
    """
    size = measure(document, operation)
    for code, what, found, allowed in (
        ("MAX_DEPTH_LIMIT", "depth", size.depth, limits.depth),
        ("MAX_ALIASES_LIMIT", "number of aliases", size.aliases, limits.aliases),
        ("MAX_ROOT_FIELDS_LIMIT", "number of root fields", size.root_fields, limits.root_fields),
        ("MAX_FIELDS_LIMIT", "number of fields", size.fields, limits.fields),
        ("MAX_DEFER_LIMIT", "number of deferred fragments", size.deferred, limits.deferred_fragments),
    ):
        if found > allowed:
            raise RequestError(400, code, f"The operation's {what} is {found}; at most {allowed} is allowed.")
    return size


def measure(document: DocumentNode, operation: OperationDefinitionNode) -> Size:
    """The size of ``operation``."""
    fragments = {
        definition.name.value: definition
        for definition in document.definitions
        if isinstance(definition, FragmentDefinitionNode)
    }
    return _Measure(fragments).selection_set(operation.selection_set)


class _Measure:
    def __init__(self, fragments: dict[str, FragmentDefinitionNode]) -> None:
        self._fragments = fragments
        self._sizes: dict[str, Size] = {}

    def selection_set(self, selections: SelectionSetNode | None) -> Size:
        if selections is None:
            return _NOTHING
        size = _NOTHING
        for selection in selections.selections:
            if isinstance(selection, FieldNode):
                size = size.beside(self.field(selection))
            elif isinstance(selection, InlineFragmentNode):
                size = size.beside(self.selection_set(selection.selection_set)).beside(_deferred(selection))
            elif isinstance(selection, FragmentSpreadNode):
                size = size.beside(self.fragment(selection.name.value)).beside(_deferred(selection))
        return size

    def field(self, field: FieldNode) -> Size:
        below = self.selection_set(field.selection_set)
        aliased = field.alias is not None and field.alias.value != field.name.value
        return Size(below.depth + 1, below.fields + 1, below.aliases + aliased, 1, below.deferred)

    def fragment(self, name: str) -> Size:
        known = self._sizes.get(name)
        if known is not None:
            return known
        self._sizes[name] = _NOTHING
        definition = self._fragments.get(name)
        if definition is not None:
            self._sizes[name] = self.selection_set(definition.selection_set)
        return self._sizes[name]


def _deferred(fragment: InlineFragmentNode | FragmentSpreadNode) -> Size:
    return _DEFERRED if any(directive.name.value == "defer" for directive in fragment.directives or ()) else _NOTHING
