"""Choosing among the moves to a field: for all types alike where that is possible, and so that subgraphs are few."""

from __future__ import annotations

from dataclasses import dataclass

from graphql import get_named_type, is_abstract_type

from router.planner.choices import Choices
from router.planner.errors import UnsatisfiableError
from router.planner.moves import Move, Moves
from router.planner.operation import Field
from router.planner.steps import Position
from router.query_graph import QueryGraph

__all__ = ["Choosing", "Chosen"]


@dataclass(frozen=True, slots=True)
class Chosen:
    """A move that is taken."""

    move: Move
    types: frozenset[str]
    """The object types it is taken for."""
    members: frozenset[str] | None
    """Of an abstract type that several subgraphs could return: the object types worth asking for; ``None``: all."""


class Choosing:
    """Takes moves as ``choices`` say."""

    def __init__(self, graph: QueryGraph, moves: Moves, choices: Choices) -> None:
        self._graph = graph
        self._moves = moves
        self._choices = choices

    def choose(self, position: Position, field: Field, names: list[str]) -> list[Chosen]:
        """The moves to a field of objects of these types, each type in one of them.

        Raises ``UnsatisfiableError`` for a type that no move leads from, and ``PlanningBudgetError``. Each type is
        looked at by itself, unless the field is a leaf that one source gives for all of them.
        """
        types = frozenset(names)
        if len(names) > 1 and (held := self._moves.held_by_all(position, field, types)) is not None:
            return [Chosen(held, types, None)]
        found = {name: self._moves.to(position, field, name, types) for name in names}
        for name, moves in found.items():
            if not moves:
                raise UnsatisfiableError(
                    f"No subgraph that can be reached at {position.place} resolves {name}.{field.name}."
                )
        preferred = self._prefer(found[names[0]])
        groups: dict[object, tuple[Move, list[str]]] = {}
        for name, moves in found.items():
            move = next((move for move in moves if move.edge.graph == preferred), moves[0])
            stand_in = move.edge.parent if move.edge.parent != name else None
            demands = move.edge.requires, move.edge.contexts
            identity = (move.edge.graph, stand_in, id(move.source), demands, move.entry is None)
            groups.setdefault(identity, (move, []))[1].append(name)
        return [
            Chosen(move, frozenset(group), self._members(field, [found[name] for name in group]))
            for move, group in groups.values()
        ]

    def _prefer(self, moves: list[Move]) -> str:
        """The subgraph to go to; one that looks a fetch worse may well turn out to be better."""
        best = moves[0].rank[0]
        rivals = list(dict.fromkeys(move.edge.graph for move in moves))
        likely = {move.edge.graph for move in moves if best and move.rank[0] <= best + 1}
        return rivals[self._choices.pick(len(rivals), max(1, len(likely)))]

    def _members(self, field: Field, found: list[list[Move]]) -> frozenset[str] | None:
        common = [self._common_members(field, moves) for moves in found]
        known = [members for members in common if members is not None]
        return frozenset().union(*known) if len(known) == len(common) else None

    def _common_members(self, field: Field, moves: list[Move]) -> frozenset[str] | None:
        """Of an abstract type that several subgraphs could return here: the object types that all of them know.

        Which subgraph answers must not decide what is seen. ``None``: an interface object may stand for any of them.
        """
        if not is_abstract_type(get_named_type(field.type)):
            return None
        edges = [move.edge for move in moves]
        if any(self._graph.is_interface_object(edge.graph, edge.target) for edge in edges):
            return None
        return frozenset.intersection(*(self._graph.possible_types(edge.graph, edge.target) for edge in edges))
