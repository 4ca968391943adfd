"""Deferring: which ``@defer`` delays which field, and the blocks of fetches that follow from it.

As graphql-core does, a field is delayed by a *set* of usages: those of all fragments that select it, without the ones
nested in another of the set, and none as soon as one selection of it is not deferred. Here variables are not known:
a field counts as selected by every selection that can be included and every ``@defer`` counts as active. What is
delivered when is decided by the executor; what is fetched when is decided here.

A ``Block`` fetches the fields of one set. It reads what the blocks it goes on from have fetched, and no other's: it
runs beside them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from graphql import BooleanValueNode, DirectiveNode, VariableNode

from router.query_plan.nodes import DeferUsage, Delay

__all__ = ["NOT_DELAYED", "Block", "Blocks", "Deferring", "is_disabled"]

NOT_DELAYED: frozenset[int] = frozenset()


class Deferring:
    """The usages of one operation, numbered as they are met."""

    def __init__(self) -> None:
        self.usages: list[DeferUsage] = []

    def enter(
        self, directives: Iterable[DirectiveNode], outer: int | None, path: tuple[str, ...]
    ) -> tuple[int | None, DirectiveNode | None]:
        """The usage that delays the selections of a fragment with these directives, and its directive if it is new."""
        for directive in directives:
            if directive.name.value != "defer" or is_disabled(directive):
                continue
            values = {argument.name.value: argument.value for argument in directive.arguments or ()}
            condition = values.get("if")
            variable = condition.name.value if isinstance(condition, VariableNode) else None
            label = getattr(values.get("label"), "value", None)
            self.usages.append(DeferUsage(label, path, outer, variable))
            return len(self.usages) - 1, directive
        return outer, None

    def delaying(self, delays: Sequence[Delay]) -> frozenset[int]:
        """The set of usages that delays a field selected in these ways; O(ways x nesting of ``@defer``)."""
        found = [usage for _, usage in delays if usage is not None]
        if len(found) < len(delays):
            return NOT_DELAYED
        together = frozenset(found)
        return frozenset(usage for usage in together if not self._is_nested(usage, together))

    def _is_nested(self, usage: int, together: frozenset[int]) -> bool:
        parent = self.usages[usage].parent
        while parent is not None:
            if parent in together:
                return True
            parent = self.usages[parent].parent
        return False


def is_disabled(directive: DirectiveNode) -> bool:
    """Whether it says ``if: false``."""
    values = [argument.value for argument in directive.arguments or () if argument.name.value == "if"]
    return any(isinstance(value, BooleanValueNode) and not value.value for value in values)


@dataclass(eq=False, slots=True)
class Block:
    """Fetches for the fields that one set of usages delays, below one other block."""

    number: int
    delayed_by: frozenset[int]
    parent: Block | None
    seen: frozenset[Block] = field(init=False)
    """The blocks whose fetches it may read from, itself included."""

    def __post_init__(self) -> None:
        self.seen = frozenset((self,)) | (self.parent.seen if self.parent is not None else frozenset())


class Blocks:
    """The blocks of one plan, in the order in which they came to be: a block stands behind its parent."""

    def __init__(self) -> None:
        self.primary = Block(0, NOT_DELAYED, None)
        self.all = [self.primary]
        self._known: dict[tuple[frozenset[int], Block], Block] = {}

    def of(self, delayed_by: frozenset[int], around: Block) -> Block:
        """The block for fields of objects that ``around`` fetches."""
        if delayed_by == around.delayed_by:
            return around
        block = self._known.get((delayed_by, around))
        if block is None:
            block = self._known[delayed_by, around] = Block(len(self.all), delayed_by, around)
            self.all.append(block)
        return block
