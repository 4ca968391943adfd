"""A GraphQL request as a list of stages: small functions over one ``RequestState``, in the order of ``phases``.

A stage raises ``RequestError`` to end the request. It returns an awaitable only when it has to wait.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from time import monotonic
from typing import Any, TypeVar

from graphql import OperationType

from router.executor import EncodedHeaders, ExecutablePlan, ExecutionPolicy, RequestContext, Response
from router.gateway.authorization import PolicyHook, unauthorized
from router.gateway.client_address import address_reader
from router.gateway.config import GatewayConfig
from router.gateway.csrf import refuse_forged_get
from router.gateway.disconnect import Departures
from router.gateway.errors import RequestError
from router.gateway.identity import Identity
from router.gateway.incremental import IncrementalFormat, begin_incremental, incremental_format
from router.gateway.negotiation import MediaType, media_type, require_json_body
from router.gateway.operations import Operation
from router.gateway.parameters import parameters_of_body, parameters_of_query_string
from router.gateway.rate_limits import RateLimiter
from router.gateway.reading import read_body
from router.gateway.request import RequestState
from router.gateway.subgraph_errors import error_policy, name_request
from router.gateway.subscriptions import StreamFormat, Subscriptions, stream_format
from router.gateway.subscriptions.opening import open_subscription

__all__ = ["Phase", "Stage", "Stages"]

Ready = TypeVar("Ready")
Stage = Callable[[RequestState], Awaitable[None] | None]
Phase = tuple[str, tuple[Stage, ...]]
"""A name and the stages whose time is measured together: reading the clock costs as much as most stages."""


class Stages:
    """The stages with what they need of the configuration."""

    def __init__(
        self,
        config: GatewayConfig,
        identity: Identity,
        grants: PolicyHook,
        subscriptions: Subscriptions,
        limiter: RateLimiter | None,
    ) -> None:
        self._config = config
        self._identity = identity
        self._subscriptions = subscriptions
        self._grants = grants
        self._limiter = limiter
        self._policy = ExecutionPolicy(
            config.timeout,
            {name: own.timeout for name, own in config.subgraphs.items() if own.timeout is not None},
            error_policy(config.errors),
            frozenset(config.forward_extensions),
            config.errors.per_response,
        )
        self._propagated = tuple(name.lower().encode() for name in config.propagate_headers)
        self._address = address_reader(config.trusted_proxies) if config.forward_client_address else None
        self._departures = Departures()

    def phases(self) -> tuple[Phase, ...]:
        """The stages of every request, in order; those that the configuration leaves nothing to do are not there."""
        identify: tuple[Phase, ...] = (("identify", (self.identify,)),) if self._identity.is_configured else ()
        limit: tuple[Phase, ...] = () if self._limiter is None else (("limit", (self._limiter.admit,)),)
        return (
            ("read", (self.negotiate, self.read_parameters)),
            ("prepare", (self.find_operation, self.coerce_variables)),
            *identify,
            *limit,
            ("plan", (self.authorize, self.plan)),
            ("execute", (self.execute,)),
        )

    def of_messages(self) -> tuple[Stage, ...]:
        """The stages of an operation whose parameters came in a message of a WebSocket."""
        identify: tuple[Stage, ...] = (self.identify,) if self._identity.is_configured else ()
        limit: tuple[Stage, ...] = () if self._limiter is None else (self._limiter.admit,)
        return (self.find_operation, self.coerce_variables, *identify, *limit, self.authorize, self.plan, self.execute)

    def negotiate(self, request: RequestState) -> None:
        """Choose the answer's media type."""
        accept = request.headers.get(b"accept")
        media = media_type(accept)
        if media is not None:
            request.media = media
            return
        request.stream = stream_format(accept)
        if request.stream is StreamFormat.SSE:
            request.media = MediaType.EVENT_STREAM
        elif request.stream is None and self._incremental_format(request) is None:
            raise RequestError(
                406, "NOT_ACCEPTABLE", "Accept application/graphql-response+json or application/json answers."
            )

    def read_parameters(self, request: RequestState) -> Awaitable[None] | None:
        """Read query, operation name, variables and extensions; of a GET only if no other site's page made it."""
        if request.is_get:
            refuse_forged_get(request.headers, self._config.csrf)
            request.parameters = parameters_of_query_string(request.scope["query_string"])
            return None
        problem = require_json_body(request.headers.get(b"content-type"))
        if problem is not None:
            raise problem.with_traceback(None)
        if request.headers.get(b"content-encoding", b"identity") != b"identity":
            raise RequestError(415, "UNSUPPORTED_MEDIA_TYPE", "Send request bodies without content encoding.")
        return self._read_body(request)

    async def _read_body(self, request: RequestState) -> None:
        declared = request.headers.get(b"content-length")
        request.parameters = parameters_of_body(
            await read_body(request.receive, declared, self._config.limits.body_bytes)
        )

    def find_operation(self, request: RequestState) -> Awaitable[None] | None:
        """Look up the operation, or parse and validate it."""
        found = request.engine.operation(request.parameters.query, request.parameters.operation_name)
        if isinstance(found, Operation):
            self._take_operation(request, found)
            return None
        return self._await_operation(request, found)

    async def _await_operation(self, request: RequestState, reading: Awaitable[Operation]) -> None:
        self._take_operation(request, await self._made_ready(request, reading))

    def _take_operation(self, request: RequestState, operation: Operation) -> None:
        request.operation = request.found = operation
        if request.is_get and operation.type is OperationType.MUTATION:
            raise RequestError(405, "METHOD_NOT_ALLOWED", "GET runs no mutations.", headers=((b"allow", b"POST"),))
        if operation.type is OperationType.SUBSCRIPTION:
            self._choose_stream(request)

    def _choose_stream(self, request: RequestState) -> None:
        """A subscription needs an answer that stays open: a WebSocket, or one that ``Accept`` names."""
        if request.stream is None:
            request.stream = stream_format(request.headers.get(b"accept"))
        if request.stream is None or not self._config.subscriptions.enabled:
            raise RequestError(
                400,
                "SUBSCRIPTION_NOT_SUPPORTED",
                "Subscribe over a WebSocket (graphql-transport-ws), or accept text/event-stream or "
                "multipart/mixed;subscriptionSpec=1.0."
                if self._config.subscriptions.enabled
                else "This router serves no subscriptions.",
            )

    def coerce_variables(self, request: RequestState) -> None:
        """Check the variables against the operation and add its defaults."""
        variables = request.found.variables
        if variables is not None:
            request.variables = variables.coerce(request.parameters.variables)

    def identify(self, request: RequestState) -> Awaitable[None] | None:
        """Find out who calls."""
        authorization = request.headers.get(b"authorization")
        if authorization is None:
            return None
        return self._identify(request, authorization)

    async def _identify(self, request: RequestState, authorization: bytes) -> None:
        request.caller = await self._identity.identify(authorization)

    def authorize(self, request: RequestState) -> None:
        """Find the fields that the caller may not see."""
        request.unauthorized = unauthorized(request.found.restrictions, request.caller, self._grants)

    def plan(self, request: RequestState) -> Awaitable[None] | None:
        """Look up the compiled plan, or make it."""
        found = request.engine.executable(request.found, request.unauthorized, request.variables)
        if isinstance(found, ExecutablePlan):
            request.executable = found
            return None
        return self._await_plan(request, found)

    async def _await_plan(self, request: RequestState, planning: Awaitable[ExecutablePlan]) -> None:
        request.executable = await self._made_ready(request, planning)

    async def _made_ready(self, request: RequestState, making: Awaitable[Ready]) -> Ready:
        """What is made beside the event loop, as long as the client waits and the request's deadline allows."""
        if request.deadline is None:
            request.deadline = monotonic() + self._config.deadline
        try:
            with self._departures.watch(request.receive):
                async with asyncio.timeout(request.deadline - monotonic()):
                    return await making
        except TimeoutError:
            raise RequestError(504, "GATEWAY_TIMEOUT", "The operation was not made ready in time.") from None

    async def execute(self, request: RequestState) -> None:
        """Run the plan. A query ends when its client goes away; a mutation, once begun, is carried out.

        A subscription is only begun: whoever called the stages delivers it. One of which nothing may be fetched has
        no events, but an answer that says why.
        """
        source = request.executable.event_source
        if source is not None:
            request.subscription = open_subscription(
                request, source, lambda: self._context(request), self._subscriptions
            )
            return
        context = self._context(request)
        executable = request.executable
        begun = None if executable.plan.defer is None else self._begin_incremental(request, context)
        if begun is None:
            begun = executable.execute(context)
        if request.found.type is not OperationType.MUTATION:
            with self._departures.watch(request.receive):
                response = await begun
        else:
            response = await begun
        request.response = response
        if response.errors:
            name_request(response.errors, request.id)

    def _begin_incremental(
        self, request: RequestState, context: RequestContext
    ) -> Coroutine[Any, Any, Response] | None:
        """Execute what is deferred later, if anything is and the client reads it."""
        chosen, plan = self._incremental_format(request), request.executable.incremental
        if chosen is None or plan is None or not plan.is_active(request.variables):
            return None
        return begin_incremental(request, plan, context, chosen)

    def _incremental_format(self, request: RequestState) -> IncrementalFormat | None:
        """The format for what ``@defer`` marks; None: everything is answered at once."""
        if not self._config.defer.enabled or request.scope["type"] != "http":
            return None
        return incremental_format(request.headers.get(b"accept"), self._config.defer.unlabelled)

    def _context(self, request: RequestState) -> RequestContext:
        headers = self._subgraph_headers(request)
        return RequestContext(
            request.engine.transports,
            request.variables,
            lambda _: headers,
            policy=self._policy,
            deadline=monotonic() + self._config.deadline if request.deadline is None else request.deadline,
        )

    def _subgraph_headers(self, request: RequestState) -> EncodedHeaders:
        headers = [(b"x-request-id", request.id)]
        for name in self._propagated:
            value = request.headers.get(name)
            if value is not None:
                headers.append((name, value))
        if self._address is not None:
            if (address := self._address(request.scope, request.headers)) is not None:
                headers.append((b"x-forwarded-for", address))
            if (agent := request.headers.get(b"user-agent")) is not None:
                headers.append((b"x-forwarded-user-agent", agent))
        authorization = self._identity.authorization(request.caller)
        if authorization is not None:
            headers.append((b"authorization", authorization))
        return EncodedHeaders(headers)
