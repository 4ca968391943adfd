"""Occurrences: where a document selects one field, and which of them answer a response key together.

GraphQL spec, section 6.3.2, CollectFields: fields of one response key are merged, for each object type by itself.
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Iterator
from dataclasses import dataclass

from graphql import FieldNode, GraphQLCompositeType

from router.planner.conditions import either, variables
from router.query_plan.nodes import Conditions

__all__ = ["Occurrence", "Piece", "pieces_of", "response_key", "undecided"]


@dataclass(slots=True)
class Occurrence:
    """One field node of the document where it applies."""

    node: FieldNode
    parent: GraphQLCompositeType
    types: frozenset[str]
    include: Conditions
    origin: str = "data"
    usage: int | None = None
    order: int = 0


@dataclass(slots=True)
class Piece:
    """Object types for which a response key is answered by the same occurrences."""

    types: frozenset[str]
    occurrences: list[Occurrence]

    @property
    def order(self) -> int:
        """Where it stands in the response when its first occurrence is included."""
        return self.occurrences[0].order


def pieces_of(occurrences: list[Occurrence]) -> list[Piece]:
    """The pieces of a selection set in the order of the response; ``occurrences`` are numbered on the way.

    Each occurrence is compared with the pieces of its response key, of which there are at most as many as object types.
    """
    by_key: dict[str, list[Piece]] = {}
    for order, occurrence in enumerate(occurrences):
        occurrence.order = order
        _add(by_key.setdefault(response_key(occurrence.node), []), occurrence)
    return sorted((piece for found in by_key.values() for piece in found), key=lambda piece: piece.order)


def _add(pieces: list[Piece], occurrence: Occurrence) -> None:
    """Refine the pieces of one response key by one more occurrence, keeping their types disjoint."""
    rest = occurrence.types
    if not rest and not pieces:
        pieces.append(Piece(rest, [occurrence]))
    elif not rest:
        pieces[0].occurrences.append(occurrence)
    for piece in list(pieces):
        shared = piece.types & rest
        if not shared:
            continue
        if shared == piece.types:
            piece.occurrences.append(occurrence)
        else:
            piece.types -= shared
            pieces.append(Piece(shared, [*piece.occurrences, occurrence]))
        rest -= shared
    if rest:
        pieces.append(Piece(rest, [occurrence]))


def undecided(pieces: list[Piece]) -> Iterator[str]:
    """The variables that decide whether a field stands where it occurs first or, past other fields, where it occurs
    later (GraphQL spec, CollectFields: a field that is skipped takes no place)."""
    taken = sorted({occurrence.order for piece in pieces for occurrence in piece.occurrences})
    for piece in pieces:
        include, last, own = piece.occurrences[0].include, piece.order, 0
        for number, occurrence in enumerate(piece.occurrences[1:], 1):
            widened = either(include, occurrence.include)
            if widened != include:
                include, last, own = widened, occurrence.order, number
        if bisect(taken, last) - bisect(taken, piece.order) > own:
            for occurrence in piece.occurrences:
                yield from variables(occurrence.include)


def response_key(node: FieldNode) -> str:
    return node.name.value if node.alias is None else node.alias.value
