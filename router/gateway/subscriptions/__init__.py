"""Subscriptions: streams of events from a subgraph, each completed by the rest of its plan, to whatever client (GraphQL
spec §6.2.3).

In order of control flow: ``formats`` (which of the HTTP framings a client accepts) - ``opening`` (a request becomes a
running subscription) - ``subscription`` (one stream: events in order, bounded, ended for a reason) - ``endings`` (the
reasons) - ``registry`` (all that are open: limits, sessions that end, supergraphs that are replaced, the last hour of
a process) - ``http`` (delivery over server-sent events and Apollo's multipart protocol). Delivery over WebSockets is
``router.gateway.websocket``.

Events of one subscription are processed one after another, in order. A client that does not keep up holds its own
subgraph stream back; when ``slow_client_seconds`` do not help, its subscription ends with
``SUBSCRIPTION_CLIENT_TOO_SLOW``: nothing is left out silently, so what a client has seen is always complete.
"""

from router.gateway.subscriptions.endings import Ending
from router.gateway.subscriptions.formats import StreamFormat, stream_format
from router.gateway.subscriptions.registry import Subscriptions
from router.gateway.subscriptions.subscription import Subscription

__all__ = ["Ending", "StreamFormat", "Subscription", "Subscriptions", "stream_format"]
