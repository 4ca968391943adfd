"""Which subgraph resolves which field or has which member of a type, and why: ``compose --explain``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from difflib import get_close_matches
from typing import Any

from router.composition.field_explanation import TypeExplanation, explain_fields, print_fields
from router.composition.member_explanation import (
    MEMBER_TYPES,
    MemberExplanation,
    MembersExplanation,
    explain_members,
    print_members,
)
from router.composition.subgraph.subgraph import SubgraphSource
from router.supergraph import Supergraph

__all__ = ["NothingToExplainError", "explain", "explanation_to_json", "print_explanation"]


class NothingToExplainError(LookupError):
    """The supergraph has no such type, field or member."""


def explain(
    supergraph: Supergraph, sources: Sequence[SubgraphSource], coordinate: str
) -> TypeExplanation | MembersExplanation:
    """Explain ``Type``, ``Type.field`` or ``Enum.VALUE`` of what ``sources`` were composed to.

    Raises ``NothingToExplainError``. An enum, input type or union takes reading all ``sources`` again; everything else
    is told from the supergraph.
    """
    type_name, _, field_name = coordinate.partition(".")
    definition = supergraph.schema.type_map.get(type_name)
    if isinstance(definition, MEMBER_TYPES):
        members = explain_members(supergraph, sources, type_name, field_name)
        if members is None:
            known = [member.name for member in _all_members(supergraph, sources, type_name)]
            raise NothingToExplainError(_unknown(f'member of "{type_name}"', field_name, known))
        return members
    joined = supergraph.types.get(type_name)
    if joined is None:
        known = [name for name, type_ in supergraph.schema.type_map.items() if isinstance(type_, MEMBER_TYPES)]
        what = "object, interface, union, enum or input type"
        raise NothingToExplainError(_unknown(what, type_name, [*supergraph.types, *known]))
    if field_name and field_name not in joined.fields:
        raise NothingToExplainError(_unknown(f'field of type "{type_name}"', field_name, joined.fields))
    return explain_fields(supergraph, joined, [field_name] if field_name else list(joined.fields))


def _all_members(
    supergraph: Supergraph, sources: Sequence[SubgraphSource], type_name: str
) -> tuple[MemberExplanation, ...]:
    explanation = explain_members(supergraph, sources, type_name)
    return () if explanation is None else explanation.members


def explanation_to_json(explanation: TypeExplanation | MembersExplanation) -> dict[str, Any]:
    """The explanation as JSON data."""
    return asdict(explanation)


def print_explanation(explanation: TypeExplanation | MembersExplanation) -> str:
    """The explanation as text: the type's subgraphs, then each field or member with its subgraphs."""
    if isinstance(explanation, MembersExplanation):
        return print_members(explanation)
    return print_fields(explanation)


def _unknown(kind: str, name: str, known: Iterable[str]) -> str:
    close = get_close_matches(name, known, n=1)
    return f'The supergraph has no {kind} "{name}".' + (f' Did you mean "{close[0]}"?' if close else "")
