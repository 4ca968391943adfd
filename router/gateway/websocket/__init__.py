"""GraphQL over WebSocket: queries, mutations and subscriptions in the subprotocols of this field.

In order of control flow: ``endpoint`` (who may connect, and how many) - ``connection`` (one socket: its first message,
its operations, its end) - ``subprotocols`` (graphql-transport-ws and the legacy graphql-ws as vocabularies) -
``operation`` (one operation through the same stages as over HTTP).

Close codes are those of graphql-transport-ws: 4400 bad message, 4401 not initialised, 4403 forbidden, 4406 subprotocol,
4408 initialisation timeout, 4409 id in use, 4429 initialised twice, and 1012 when this router is being stopped, upon
which clients connect again.
"""

from router.gateway.websocket.endpoint import WebSocketEndpoint

__all__ = ["WebSocketEndpoint"]
