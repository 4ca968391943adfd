"""Planning: which requests, in which order, answer an operation.

What subgraphs may be asked follows from ``@key``, ``@requires``, ``@provides``, ``@interfaceObject``, ``@override`` and
``@fromContext`` (Federation docs, "Directives"), what an answer must hold from the GraphQL specification.

Modules in order of control flow:

- ``planner``: the pipeline and its entry point
- ``normalize`` (with ``collecting``, ``occurrences``, ``introspection``, ``values`` and ``conditions``): the document
  becomes an ``operation``
- ``deferring``: what ``@defer`` delays, and the blocks of fetches that follow from it
- ``search`` (with ``choices``, ``budget``): builds plans and keeps the cheapest
- ``placing`` (with ``names``): each field goes into one of the ``steps`` and its ``selection`` set
- ``choosing`` (with ``moves``, ``edges``, ``routing``, ``below_cost``, ``providing``): by which move it gets there
- ``inheriting``: which objects above set the contexts that a field uses
- ``entering`` (with ``entries``): gets hold of objects in a subgraph, for fields that are placed there
- ``requests`` (with ``representation``): steps become a fetch graph
- ``optimize``: passes over the fetch graph
- ``emit`` and ``response``: plan nodes, and the shape of the response
- ``errors``: why there is no plan
"""

from __future__ import annotations

from router.planner.budget import Limits
from router.planner.errors import PlanningBudgetError, PlanningError, UnsatisfiableError
from router.planner.planner import Planner, PlanningReport

__all__ = ["Limits", "Planner", "PlanningBudgetError", "PlanningError", "PlanningReport", "UnsatisfiableError"]
