"""What the operation selects below a resolver, so that nothing is fetched that was not asked for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from graphql import FieldNode, FragmentSpreadNode, GraphQLResolveInfo, InlineFragmentNode, SelectionSetNode
from graphql.execution.values import get_directive_values
from graphql.type import GraphQLIncludeDirective, GraphQLSkipDirective


def selects(info: Any, *path: str) -> bool:
    """Whether the field is selected: ``selects(info, "totalCount")``, ``selects(info, "edges", "node", "total")``.

    Names are GraphQL names; fragments, aliases, @skip and @include are respected; type conditions are not narrowed.
    """
    raw: GraphQLResolveInfo[Any] = getattr(info, "_raw_info", info)
    nodes: Sequence[FieldNode] = raw.field_nodes
    for name in path:
        nodes = [child for node in nodes for child in _children(raw, node.selection_set) if child.name.value == name]
        if not nodes:
            return False
    return True


def selected_fields(info: Any, *path: str) -> frozenset[str]:
    """GraphQL names of all fields selected under ``path``."""
    raw: GraphQLResolveInfo[Any] = getattr(info, "_raw_info", info)
    nodes: Sequence[FieldNode] = raw.field_nodes
    for name in path:
        nodes = [child for node in nodes for child in _children(raw, node.selection_set) if child.name.value == name]
    return frozenset(child.name.value for node in nodes for child in _children(raw, node.selection_set))


def _children(info: GraphQLResolveInfo[Any], selection_set: SelectionSetNode | None) -> Iterator[FieldNode]:
    if selection_set is None:
        return
    for selection in selection_set.selections:
        if not _included(info, selection):
            continue
        if isinstance(selection, FieldNode):
            yield selection
        elif isinstance(selection, InlineFragmentNode):
            yield from _children(info, selection.selection_set)
        elif isinstance(selection, FragmentSpreadNode):
            fragment = info.fragments[selection.name.value]
            yield from _children(info, getattr(fragment, "selection_set", None))


def _included(info: GraphQLResolveInfo[Any], selection: Any) -> bool:
    if not selection.directives:
        return True
    skip = get_directive_values(GraphQLSkipDirective, selection, info.variable_values)
    if skip is not None and skip["if"]:
        return False
    include = get_directive_values(GraphQLIncludeDirective, selection, info.variable_values)
    return include is None or bool(include["if"])
