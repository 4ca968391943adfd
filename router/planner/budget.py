"""The bound on planning work.

Work is counted, not timed, so that the same operation is always planned or always refused. What it comes to in CPU
time is measured by ``bench/planning.py`` on operations made to explode. With the limits below the worst still planned
took three seconds (2 500 selections on an interface of 50 types), and up to 2.5 more to be compiled; most take a tenth
of that, and a refusal less than a second, save one for too many fetches: they are counted when the plan is found. The
gateway's own limits are checked before and are narrower.
"""

from __future__ import annotations

from dataclasses import dataclass

from router.planner.errors import PlanningBudgetError

__all__ = ["Budget", "Limits"]


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one operation may cost to plan."""

    selections: int = 25_000
    """Selections visited while fragments are expanded."""
    depth: int = 100
    """Levels of nested selection sets."""
    moves: int = 30_000
    """Moves of the query graph examined for the first plan."""
    plans: int = 48
    """Complete plans built and compared for root fields that are planned together."""
    fetches: int = 500
    """Requests to subgraphs that one plan may consist of."""
    comparing: int = 15_000
    """Moves examined before no further plan is begun: looking for something better must not cost more than it saves."""


class Budget:
    """Counts the work of planning one operation. Raises ``PlanningBudgetError`` when a limit is passed."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.selections = 0
        self.moves = 0
        self.plans = 0

    def select(self, depth: int) -> None:
        """Count one selection at a depth."""
        self.selections += 1
        if self.selections > self.limits.selections:
            raise PlanningBudgetError(f"The operation expands to more than {self.limits.selections} selections.")
        if depth > self.limits.depth:
            raise PlanningBudgetError(f"The operation is nested deeper than {self.limits.depth} levels.")

    def move(self) -> None:
        """Count one examined move."""
        self.moves += 1
        if self.moves > self.limits.moves:
            raise PlanningBudgetError(f"Planning the operation takes more than {self.limits.moves} moves.")

    def fetch(self, requests: int) -> None:
        """Accept a plan of so many requests to subgraphs."""
        if requests > self.limits.fetches:
            raise PlanningBudgetError(
                f"The operation takes {requests} requests to subgraphs, more than {self.limits.fetches}: ask for less"
                " at once."
            )

    def allows_another_plan(self, plans: int, moves: int) -> bool:
        """Whether one more plan of about ``moves`` moves fits in where ``plans`` have been compared."""
        return plans < self.limits.plans and self.moves + moves < self.limits.comparing
