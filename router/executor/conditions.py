"""``@include`` and ``@skip`` (GraphQL spec §3.13.1 and §3.13.2): conditions of a plan as functions of the client's
variables."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from router.query_plan.nodes import Conditions

__all__ = ["Predicate", "compile_conditions", "holds"]

Variables = Mapping[str, Any]
Predicate = Callable[[Variables], bool]


def holds(include: Conditions, variables: Variables) -> bool:
    """Whether any alternative has all its variables at the values it names; no alternatives: always."""
    return not include or any(
        all(variables.get(variable, False) is value for variable, value in alternative) for alternative in include
    )


def compile_conditions(include: Conditions) -> Predicate | None:
    """The test of ``include``, or None when it always holds."""
    if not include:
        return None
    if len(include) == 1 and len(include[0]) == 1:
        ((variable, wanted),) = include[0]
        return lambda variables: variables.get(variable, False) is wanted
    return lambda variables: holds(include, variables)
