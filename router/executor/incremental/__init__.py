"""Incremental delivery: executing a plan's ``Defer``, as graphql-core 3.3 frames it.

``ExecutablePlan.incremental`` gives an ``IncrementalPlan``; ``execute`` yields one ``InitialResult`` and then
``SubsequentResult``s until one has no next. What the protocols make of them is the gateway's business.

In the order of control flow: ``executable`` (compile and execute) - ``parts`` (the plan's parts side by side) -
``selection`` (what is delayed by what, for given variables) - ``values`` (completing data, finding what is deferred in
it) - ``errors`` (whose errors are whose) - ``delivery`` (which groups are pending, which are done) - ``results`` (what
comes out).
"""

from router.executor.incremental.executable import IncrementalPlan
from router.executor.incremental.results import Completed, Incremental, InitialResult, Pending, SubsequentResult

__all__ = ["Completed", "Incremental", "IncrementalPlan", "InitialResult", "Pending", "SubsequentResult"]
