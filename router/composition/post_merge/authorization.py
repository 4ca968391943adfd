"""Transitive authorization: data read through ``@requires`` or a context is as protected as data asked for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from graphql import FieldNode, InlineFragmentNode, SelectionSetNode

from router.composition.errors import CompositionError
from router.composition.merge.applied import merge_requirements
from router.composition.merge.context import MergeContext
from router.composition.schema import Application, Element, FieldsType, Schema
from router.composition.schema.type_ref import named
from router.specs.context_value import parse_context_value
from router.specs.field_set import FieldSetSyntaxError, parse_field_set

__all__ = ["check_transitive_authorization"]

_LISTS = (("requiresScopes", "scopes"), ("policy", "policies"))


@dataclass(frozen=True, slots=True)
class _Requirement:
    """``lists`` holds the alternatives of scopes and of policies; none stands for no demand."""

    authenticated: bool
    lists: tuple[tuple[frozenset[str], ...] | None, ...]

    def implies(self, other: _Requirement) -> bool:
        """Whether whoever meets this meets the other."""
        if other.authenticated and not self.authenticated:
            return False
        for mine, theirs in zip(self.lists, other.lists, strict=True):
            if theirs is None:
                continue
            if mine is None or not all(any(need <= given for need in theirs) for given in mine):
                return False
        return True


def check_transitive_authorization(context: MergeContext) -> Iterator[CompositionError]:
    """MISSING_TRANSITIVE_AUTH_REQUIREMENTS for each field that demands less than what it reads (Federation docs,
    "Error Codes")."""
    if not any(name in context.directive_names for name in ("authenticated", "requiresScopes", "policy")):
        return
    schema = context.supergraph
    for subgraph in context.subgraphs:
        for type_, field in subgraph.schema.composite_fields():
            dest = schema.types.get(type_.name)
            if not isinstance(dest, FieldsType) or field.name not in dest.fields:
                continue
            demanded = _requirement(dest, dest.fields[field.name])
            requires = field.first("requires")
            reached: list[str] = []
            if requires is not None:
                reached += _unmet(schema, requires.text("fields"), type_.name, demanded)
            for argument in field.arguments.values():
                for application in argument.all("fromContext"):
                    for name, selection in _context_selections(context, subgraph.name, application):
                        reached += _unmet(schema, selection, name, demanded)
            for coordinate in dict.fromkeys(reached[:1]):
                yield CompositionError(
                    "MISSING_TRANSITIVE_AUTH_REQUIREMENTS",
                    f'Field "{field.coordinate}" in subgraph "{subgraph.name}" reads "{coordinate}" but does not demand'
                    " its authorization: apply at least the same @authenticated, @requiresScopes and @policy.",
                    (field.coordinate, coordinate),
                )


def _context_selections(context: MergeContext, subgraph: str, application: Application) -> Iterator[tuple[str, str]]:
    value = parse_context_value(application.text("field"))
    if value is None:
        return
    for type_ in context.supergraph.types.values():
        for setting in type_.all("context"):
            if setting.text("name") == f"{subgraph}__{value[0]}":
                yield type_.name, value[1]


def _unmet(schema: Schema, text: str, type_name: str, demanded: _Requirement) -> list[str]:
    try:
        selection_set = parse_field_set(text)
    except FieldSetSyntaxError:
        return []
    return list(_unmet_selections(schema, selection_set, type_name, demanded))


def _unmet_selections(
    schema: Schema, selection_set: SelectionSetNode, type_name: str, demanded: _Requirement
) -> Iterator[str]:
    type_ = schema.types.get(type_name)
    for selection in selection_set.selections:
        if isinstance(selection, InlineFragmentNode):
            condition = selection.type_condition.name.value if selection.type_condition else type_name
            target = schema.types.get(condition)
            if target is not None and not demanded.implies(_requirement(target)):
                yield condition
            yield from _unmet_selections(schema, selection.selection_set, condition, demanded)
        elif isinstance(selection, FieldNode) and isinstance(type_, FieldsType):
            field = type_.fields.get(selection.name.value)
            if field is None:
                continue
            inner = schema.types.get(named(field.type))
            elements: list[Element] = [field] if inner is None else [field, inner]
            if not demanded.implies(_requirement(*elements)):
                yield field.coordinate
            if selection.selection_set is not None:
                yield from _unmet_selections(schema, selection.selection_set, named(field.type), demanded)


def _requirement(*elements: Element) -> _Requirement:
    """What all elements together demand."""
    lists: list[tuple[frozenset[str], ...] | None] = []
    for spec, argument in _LISTS:
        values = [application.arguments.get(argument) for element in elements for application in element.all(spec)]
        groups = [group for group in merge_requirements(values) if isinstance(group, list)] if values else []
        lists.append(tuple(frozenset(str(name) for name in group) for group in groups) if values else None)
    return _Requirement(any(element.has("authenticated") for element in elements), tuple(lists))
