"""Why an operation has no plan."""

from __future__ import annotations

__all__ = ["PlanningBudgetError", "PlanningError", "UnsatisfiableError"]


class PlanningError(Exception):
    """The operation has no plan. ``code`` is what clients read in ``extensions.code``."""

    code = "PLANNING_FAILED"


class UnsatisfiableError(PlanningError):
    """No subgraph that can be reached resolves a selected field for every type it is selected for."""

    code = "UNSATISFIABLE_QUERY"


class PlanningBudgetError(PlanningError):
    """Planning would take more work than one operation may cost."""

    code = "QUERY_PLAN_COMPLEXITY_EXCEEDED"
