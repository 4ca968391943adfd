"""From a request whose plan is ready to a running subscription."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable

from router.executor import ErrorPolicy, EventSource, RequestContext, Response, SubgraphUnreachable
from router.executor.streams import EventStreams, stream_errors
from router.gateway.request import RequestState
from router.gateway.subgraph_errors import name_request
from router.gateway.subscriptions.endings import Ending
from router.gateway.subscriptions.registry import Subscriptions
from router.gateway.subscriptions.subscription import Subscription

__all__ = ["open_subscription"]


def open_subscription(
    request: RequestState, source: EventSource, context: Callable[[], RequestContext], open_ones: Subscriptions
) -> Subscription:
    """``context`` makes what one event is executed with: a deadline of its own, an identity signed anew.

    The subgraph is asked when the subscription runs: what it refuses is an ``Ending``. Raises ``RequestError`` as
    ``Subscriptions.open``.
    """
    executable, policy = request.executable, context().policy.errors
    streams = request.engine.streams.get(source.service)

    async def complete(event: bytes) -> Response:
        response = await executable.execute_event(context(), event)
        name_request(response.errors, request.id)
        return response

    def failed(error: Exception) -> Ending:
        errors = stream_errors(source.service, error, policy)
        name_request(errors, request.id)
        return Ending("subgraph", tuple(errors))

    return open_ones.open(request, _events(source, streams, context(), policy), complete, failed)


async def _events(
    source: EventSource, streams: EventStreams | None, context: RequestContext, policy: ErrorPolicy
) -> AsyncGenerator[bytes, None]:
    if streams is None:
        raise SubgraphUnreachable("its transport carries no events")
    async for event in streams.follow(source.body(context), context.headers(source.service)):
        yield event
