"""From a request whose plan is ready to its first result."""

from __future__ import annotations

from router.executor import RequestContext, Response
from router.executor.incremental import IncrementalPlan, InitialResult
from router.gateway.incremental.formats import IncrementalFormat
from router.gateway.incremental.http import IncrementalAnswer
from router.gateway.request import RequestState

__all__ = ["begin_incremental"]


async def begin_incremental(
    request: RequestState, plan: IncrementalPlan, context: RequestContext, chosen: IncrementalFormat
) -> Response:
    """Wait for the first result and return its response. When something is pending, ``request.incremental`` delivers
    it, and holds the request's engine until it has."""
    results = plan.execute(context)
    first = await anext(results)
    if not isinstance(first, InitialResult):
        raise TypeError("an execution begins with its initial result")
    if first.pending:
        request.engine.users += 1
        request.incremental = IncrementalAnswer(first, results, chosen)
    else:
        await results.aclose()
    return first.response
