"""Contexts along a path: what the objects above set for the fields below them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from router.composition.satisfiability.reachability import Holding
from router.supergraph import ContextArgument, FieldSet

if TYPE_CHECKING:
    from router.composition.satisfiability.options import Options

__all__ = ["Context", "Setting", "context_of"]

Context = tuple[str, tuple[tuple[str, FieldSet], ...]]
"""A context by name, and what is read of each type that sets it."""


def context_of(argument: ContextArgument) -> Context:
    """What must be set above for the argument."""
    return argument.context, argument.selections


class Setting:
    """The contexts that fields of one query graph use, by the types that set them."""

    def __init__(self, options: Options) -> None:
        self._reachability = options.reachability
        self._contexts: dict[str, list[tuple[Context, FieldSet]]] = {}
        used = {context_of(argument): None for edge in options.graph.edges() for argument in edge.contexts}
        for context in used:
            for type_name, fields in context[1]:
                self._contexts.setdefault(type_name, []).append((context, fields))

    def below(self, type_name: str, holdings: Iterable[Holding], available: frozenset[Context]) -> frozenset[Context]:
        """What is available below an object. The nearest object counts: it hides those above, also when its own value
        cannot be read."""
        found = set(available)
        for context, fields in self._contexts.get(type_name, ()):
            found.discard(context)
            if any(self._reachability.reads(type_name, fields, holding) for holding in holdings):
                found.add(context)
        return frozenset(found)
