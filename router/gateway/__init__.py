"""The gateway: HTTP in front, the verbs of the router strung on each request, an answer at the end.

In order of control flow:

- ``config``, ``config_file``: what an operator can set, and ``router.yaml``
- ``server``, ``http_protocol``, ``websocket_protocol``, ``stalled_writes``, ``whole_answers``, ``whole_response``,
  ``logs``: a socket, what clients may do on it, an orderly end
- ``app``: puts everything below together as a Starlette application
- ``endpoint``: the ASGI application at ``/graphql``; ``request``: the state of one request; ``stages``: its stages
- ``negotiation``, ``csrf``, ``cors``, ``reading``, ``parameters``: from bytes to the parameters of a GraphQL request
- ``disconnect``: clients that do not wait; ``client_address``: where they are
- ``subscriptions``: streams of events, delivered over HTTP in the framings of ``event_stream`` and ``multipart``
- ``incremental``: what ``@defer`` marks, delivered later in the same framings
- ``websocket``: operations over WebSockets
- ``engine_slot``, ``engine``, ``features``: the supergraph that serves, and replacing it
- ``overrides``: which override labels are on for a request
- ``operations``, ``limits``, ``variables``, ``lru``: documents made ready once and kept; ``preparing``: large ones
  beside the event loop
- ``identity``, ``authorization``: who calls and what they may not see; ``rate_limits``: how often they may ask
- ``errors``: requests that are answered without execution; ``subgraph_errors``: what clients read of subgraphs' errors
- ``explorer``, ``health``, ``telemetry``: GraphiQL, probes, metrics and logs
"""

from router.gateway.app import Gateway, create_app
from router.gateway.config import ConfigError, GatewayConfig

__all__ = ["ConfigError", "Gateway", "GatewayConfig", "create_app"]
