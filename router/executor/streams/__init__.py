"""Event streams of subgraphs: what a subscription's primary fetch opens, whatever carries it.

One connection per stream, never shared: its handshake speaks for one caller, and a client that reads slowly holds back
its own stream only. How many streams a router may have open is the gateway's limit.

``protocol`` (what a stream source promises) - ``websocket`` (a URL), ``asgi`` (an application in this process), both
speaking ``transport_ws``, the graphql-transport-ws protocol - ``sse`` (server-sent events over HTTP; imported from its
module by who needs it, because httpx takes half as long to import as the router) - ``failures`` (what operators and
clients read of a stream that ended badly)
"""

from router.executor.streams.asgi import AsgiStreams
from router.executor.streams.failures import stream_errors
from router.executor.streams.protocol import EventStreams, StreamLimits, StreamRefused
from router.executor.streams.websocket import WebSocketStreams

__all__ = [
    "AsgiStreams",
    "EventStreams",
    "StreamLimits",
    "StreamRefused",
    "WebSocketStreams",
    "stream_errors",
]
