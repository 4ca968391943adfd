"""The query plan: what the planner hands to the executor.

- ``nodes``: the plan as plain immutable data
- ``print``: the field's usual text form
- ``json``: the same as JSON
- ``mermaid``: the same as a flowchart
"""

from __future__ import annotations

from router.query_plan.json import plan_to_json
from router.query_plan.mermaid import plan_to_mermaid
from router.query_plan.nodes import QueryPlan
from router.query_plan.print import print_plan

__all__ = ["QueryPlan", "plan_to_json", "plan_to_mermaid", "print_plan"]
