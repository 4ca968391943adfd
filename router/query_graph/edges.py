"""The moves of the query graph."""

from __future__ import annotations

from dataclasses import dataclass

from router.supergraph import ContextArgument, FieldSet

__all__ = ["FieldEdge", "KeyEdge"]


@dataclass(frozen=True, slots=True)
class FieldEdge:
    """Reading a field of an object that a subgraph holds."""

    graph: str
    parent: str
    """The type that has the field in the subgraph: the object's own, or the name of an interface object."""
    field: str
    target: str
    """Name of the field's type in the subgraph, without lists and non-nulls."""
    shape: str
    """The field's type in the subgraph as SDL."""
    external: bool = False
    """Not resolvable here, except below a ``@provides`` that covers it."""
    requires: FieldSet = ()
    provides: FieldSet = ()
    contexts: tuple[ContextArgument, ...] = ()
    """Arguments filled from objects above."""

    @property
    def by_entry_only(self) -> bool:
        """Whether its object must be entered anew to read it, with a representation or variables made for it."""
        return bool(self.requires or self.contexts)


@dataclass(frozen=True, slots=True)
class KeyEdge:
    """Entering a subgraph at an entity, with a representation made of ``key``."""

    graph: str
    type: str
    """The entity's name in the subgraph; for interface objects and entity interfaces the interface's."""
    key: FieldSet
