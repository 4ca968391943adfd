"""Takes graphql-core's rules for schemas through a document.

graphql-core's own way costs several times the rules: it asks all of them about every node, and follows edits and
skipped nodes, though rules for schemas edit nothing and have nothing to do below a node that they skip.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from graphql import Node
from graphql.language import Visitor
from graphql.language.ast import QUERY_DOCUMENT_KEYS

__all__ = ["SdlVisitor"]

_READ_BY_PARENTS = ("description", "name", "locations")
"""Children that no rule visits: it reads them from their parents. There are twice as many nodes with them."""


class _Kind(NamedTuple):
    """What is done at nodes of one kind: methods to call before and after, and the children to visit between."""

    enter: tuple[Callable[..., object], ...]
    leave: tuple[Callable[..., object], ...]
    children: tuple[str, ...]


class SdlVisitor:
    """Calls the methods of several visitors, in their order at each node. What they return is of no consequence."""

    def __init__(self, visitors: Sequence[Visitor]) -> None:
        self._visitors = visitors
        self._kinds: dict[str, _Kind] = {}
        self._ancestors: list[Any] = []

    def visit(self, node: Node, parent: Any = None) -> None:
        """Visit ``node`` and what is below it. ``parent`` is a node, or the tuple in which it is one of several."""
        kind = self._kinds.get(node.kind)
        if kind is None:
            kind = self._kinds[node.kind] = self._kind(node.kind)
        ancestors = self._ancestors
        for enter in kind.enter:
            enter(node, None, parent, None, ancestors)
        if parent is not None:
            ancestors.append(parent)
        for name in kind.children:
            child = getattr(node, name)
            if not child:
                continue
            if isinstance(child, Node):
                self.visit(child, node)
                continue
            ancestors.append(node)
            for one in child:
                self.visit(one, child)
            ancestors.pop()
        if parent is not None:
            ancestors.pop()
        for leave in kind.leave:
            leave(node, None, parent, None, ancestors)

    def _kind(self, kind: str) -> _Kind:
        methods = [visitor.get_enter_leave_for_kind(kind) for visitor in self._visitors]
        return _Kind(
            tuple(enter for enter, _ in methods if enter is not None),
            tuple(leave for _, leave in methods if leave is not None),
            tuple(key for key in QUERY_DOCUMENT_KEYS.get(kind, ()) if key not in _READ_BY_PARENTS),
        )
