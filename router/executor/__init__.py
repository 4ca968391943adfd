"""Executing query plans: compile a plan once, then run it for every request that asks the same operation.

``compile_plan(plan, api_schema).execute(RequestContext(...))`` gives a ``Response``. Fetches write what subgraphs
answer into one tree, the merged data; the response is read from it by the plan's response fields. Nothing is decided
per field on the way: representations and response shapes are generated Python, request bodies are encoded beforehand.

In the order of control flow: ``executable`` (compile and execute) - ``schedule`` (sequence, parallel, condition) -
``fetches`` (root and entity fetches) and ``context_fetches`` (entity fetches that depend on what is above, with
``contexts`` and ``repeated_calls``) from ``conditions``, ``documents``, ``request_bodies``, ``targets``,
``representations``, ``sharing``, ``merge`` - ``run`` (one execution, one exchange) over ``transports`` - ``answers``
(what came back) - ``reports``, ``locate``, ``errors`` (errors at response paths) - ``shape`` (regular responses),
``lacking`` (what answers left out) and ``unasked`` (what could not be asked for), both when a value is missing,
``completion`` (irregular responses), on ``leaves``, ``typenames``, ``introspection``; ``source`` writes generated code.
``context`` holds what goes in and out. ``incremental`` executes bit by bit what ``@defer`` marks. ``streams`` opens
what a subscription's events come from; each of them is answered by ``ExecutablePlan.execute_event``.
"""

from router.executor.context import ExecutionPolicy, FetchRecord, RequestContext, Response
from router.executor.errors import ErrorPolicy, FormattedError, MaskErrors, PassErrors
from router.executor.executable import EventSource, ExecutablePlan, compile_plan
from router.executor.transports import (
    AsgiTransport,
    CircuitBreaker,
    CircuitLimits,
    EncodedHeaders,
    Headers,
    HttpLimits,
    HttpTransport,
    SubgraphProtocolError,
    SubgraphResponse,
    SubgraphTimeout,
    SubgraphTransport,
    SubgraphUnreachable,
    TransportError,
)

__all__ = [
    "AsgiTransport",
    "CircuitBreaker",
    "CircuitLimits",
    "EncodedHeaders",
    "ErrorPolicy",
    "EventSource",
    "ExecutablePlan",
    "ExecutionPolicy",
    "FetchRecord",
    "FormattedError",
    "Headers",
    "HttpLimits",
    "HttpTransport",
    "MaskErrors",
    "PassErrors",
    "RequestContext",
    "Response",
    "SubgraphProtocolError",
    "SubgraphResponse",
    "SubgraphTimeout",
    "SubgraphTransport",
    "SubgraphUnreachable",
    "TransportError",
    "compile_plan",
]
