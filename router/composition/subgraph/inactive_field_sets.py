"""Federation 1 let ``@provides`` and ``@requires`` select what the subgraph has anyway: that part has no effect."""

from __future__ import annotations

from graphql import FieldNode, InlineFragmentNode, SelectionNode, SelectionSetNode, print_ast

from router.composition.schema import FieldsType
from router.composition.schema.type_ref import named
from router.composition.subgraph.subgraph import Subgraph
from router.specs.field_set import FieldSetSyntaxError, parse_field_set, print_field_set

__all__ = ["trim_inactive_field_sets"]


def trim_inactive_field_sets(subgraph: Subgraph) -> None:
    """Provides and requires keep only what is external; with nothing left they go."""
    for type_, field in list(subgraph.schema.composite_fields()):
        for spec in ("requires", "provides"):
            application = field.first(spec)
            if application is None:
                continue
            target = type_.name if spec == "requires" else named(field.type)
            try:
                selection_set = parse_field_set(application.text("fields"))
            except FieldSetSyntaxError:
                continue
            kept = _external_selections(subgraph, selection_set, target)
            if kept is None:
                field.remove(spec)
            elif kept is not selection_set:
                application.arguments["fields"] = print_field_set(print_ast(kept))


def _external_selections(
    subgraph: Subgraph, selection_set: SelectionSetNode, type_name: str
) -> SelectionSetNode | None:
    """The external part; the set itself if all of it is."""
    kept = [
        found
        for selection in selection_set.selections
        if (found := _external_selection(subgraph, selection, type_name)) is not None
    ]
    if not kept:
        return None
    if all(one is other for one, other in zip(kept, selection_set.selections, strict=False)) and len(kept) == len(
        selection_set.selections
    ):
        return selection_set
    return SelectionSetNode(selections=tuple(kept))


def _external_selection(subgraph: Subgraph, selection: SelectionNode, type_name: str) -> SelectionNode | None:
    type_ = subgraph.schema.types.get(type_name)
    if isinstance(selection, InlineFragmentNode):
        condition = selection.type_condition.name.value if selection.type_condition else type_name
        inner = _external_selections(subgraph, selection.selection_set, condition)
        if inner is None or inner is selection.selection_set:
            return selection if inner is not None else None
        return InlineFragmentNode(type_condition=selection.type_condition, selection_set=inner)
    if not isinstance(selection, FieldNode) or not isinstance(type_, FieldsType):
        return selection
    field = type_.fields.get(selection.name.value)
    if field is None:
        return None if selection.name.value == "__typename" else selection
    if subgraph.usage.is_external(field):
        return selection
    if selection.selection_set is None:
        return None
    inner = _external_selections(subgraph, selection.selection_set, named(field.type))
    if inner is None or inner is selection.selection_set:
        return selection if inner is not None else None
    return FieldNode(name=selection.name, arguments=selection.arguments, selection_set=inner)
