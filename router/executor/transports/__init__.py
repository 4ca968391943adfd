"""Ways to reach a subgraph: HTTP/1.1 over a socket, or a call of its ASGI application in this process.

Both carry the same bytes under one protocol, so the executor does not know which it uses.

``protocol`` (what a transport promises) - ``http`` (a URL as a transport), ``pool`` (connections of an origin),
``connection`` (one exchange on a socket) - ``asgi`` (an application as a transport) - ``circuit`` (leaves a subgraph
alone that is away)
"""

from router.executor.transports.asgi import AsgiTransport
from router.executor.transports.circuit import CircuitBreaker, CircuitLimits
from router.executor.transports.http import HttpTransport
from router.executor.transports.pool import HttpLimits
from router.executor.transports.protocol import (
    EncodedHeaders,
    Headers,
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
    "Headers",
    "HttpLimits",
    "HttpTransport",
    "SubgraphProtocolError",
    "SubgraphResponse",
    "SubgraphTimeout",
    "SubgraphTransport",
    "SubgraphUnreachable",
    "TransportError",
]
