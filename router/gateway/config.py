"""What an operator can set: plain immutable records with a default for everything.

``router.yaml`` has the same names and nesting; ``router.gateway.config_file`` reads it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Literal

__all__ = [
    "CacheConfig",
    "CircuitConfig",
    "ConfigError",
    "CorsConfig",
    "CsrfConfig",
    "DeferConfig",
    "ErrorsConfig",
    "FieldRateConfig",
    "ForwardConfig",
    "GatewayConfig",
    "GraphiQLConfig",
    "IdentityConfig",
    "LimitsConfig",
    "ListenConfig",
    "OverrideConfig",
    "RateConfig",
    "RateLimitsConfig",
    "RatesConfig",
    "ReadinessConfig",
    "SessionConfig",
    "SubgraphConfig",
    "SubscriptionsConfig",
    "TelemetryConfig",
]


_RATE_NAME = re.compile("[a-z][a-z0-9_]{0,39}")  # stands in a header as it is


class ConfigError(Exception):
    """The configuration cannot be used; the message is one sentence for the operator."""


@dataclass(frozen=True, slots=True)
class ListenConfig:
    """Where the router listens."""

    host: str = "127.0.0.1"
    port: int = 4000
    path: str = "/graphql"
    drain_seconds: float = 0.0
    """After SIGTERM: how long ``/ready`` says no before connections are refused."""
    grace_seconds: float = 0.7
    """After that: how long requests under way may take to end. What is left then is answered 503."""


@dataclass(frozen=True, slots=True)
class SubgraphConfig:
    """What differs for one subgraph."""

    url: str | None = None
    """Replaces the routing URL that stands in the supergraph."""
    timeout: float | None = None
    """Seconds for one request; ``None``: the general ``timeout``."""
    subscription_url: str | None = None
    """Where its events are followed, also ws:// or wss://; ``None``: where requests go."""
    subscription_protocol: Literal["websocket", "sse"] = "websocket"
    """``websocket``: graphql-transport-ws. ``sse``: server-sent events, graphql-sse's distinct connections."""


@dataclass(frozen=True, slots=True)
class CircuitConfig:
    """When a subgraph over HTTP that does not answer is left alone for a while, so that nobody waits for it."""

    failures: int = 5
    """Requests in a row without an answer, or answered 502, 503 or 504; 0: never."""
    open_seconds: float = 2.0
    """How long its part of every operation is an error at once; then one request tries whether it is back."""


@dataclass(frozen=True, slots=True)
class SubscriptionsConfig:
    """Streams of events: to clients over WebSocket, server-sent events and multipart, from subgraphs over WebSocket or
    server-sent events. WebSockets carry queries and mutations too.
    """

    enabled: bool = True
    """Off: subscriptions are refused and WebSockets not accepted."""
    per_router: int = 10_000
    """Subscriptions under way at once."""
    per_connection: int = 100
    """Operations under way at once on one WebSocket."""
    connections: int = 10_000
    """WebSockets open at once."""
    buffered_events: int = 32
    """Events of one subscription that may wait for their turn; more are left with the subgraph."""
    slow_client_seconds: float = 10.0
    """How long a full buffer is put up with; then the subscription ends with ``SUBSCRIPTION_CLIENT_TOO_SLOW``."""
    init_timeout: float = 10.0
    """Seconds for ``connection_init`` after a WebSocket is open."""
    sse_heartbeat: float = 12.0
    multipart_heartbeat: float = 5.0
    legacy_heartbeat: float = 20.0
    """Seconds between ``ka`` messages of the legacy ``graphql-ws`` subprotocol; others use WebSocket pings."""
    session_check_seconds: float = 0.5
    """How often the sessions and tokens behind open subscriptions are checked: how long a logout may take."""
    connect_timeout: float = 5.0
    """Seconds to reach a subgraph."""
    ack_timeout: float = 5.0
    """Seconds in which a subgraph acknowledges a connection, or begins a stream."""
    max_event_bytes: int = 2_000_000
    """A subgraph's event that is larger ends its subscription."""


@dataclass(frozen=True, slots=True)
class LimitsConfig:
    """What may be asked for. Checked before anything is planned or fetched."""

    body_bytes: int = 2_000_000
    tokens: int = 15_000
    depth: int = 20
    """Nested fields, fragments expanded. GraphiQL's own introspection query has 15."""
    aliases: int = 50
    """Aliased fields, fragments expanded."""
    root_fields: int = 30
    fields: int = 5_000
    """All fields, fragments expanded: bounds what planning can cost."""
    deferred_fragments: int = 20
    """Fragments with ``@defer``, fragments expanded: bounds the parts a plan is cut into. Each is delivered once for
    every object it stands on."""
    preparing: int = 100
    """Large operations, of all clients, that are new and wait at once to be parsed, validated and planned."""


@dataclass(frozen=True, slots=True)
class RateConfig:
    """So many operations at once, and in the long run so many in this time."""

    operations: int
    seconds: float = 60.0

    def __post_init__(self) -> None:
        if not 1 <= self.operations <= 1_000_000 or not 1 <= self.seconds <= 86_400:
            raise ConfigError("a rate limit is 1 to 1000000 operations in 1 to 86400 seconds")


@dataclass(frozen=True, slots=True)
class RatesConfig:
    """The limits of one type of operation: for each caller with a token, and for each address without one."""

    caller: RateConfig
    address: RateConfig


@dataclass(frozen=True, slots=True)
class FieldRateConfig(RateConfig):
    """A limit that some root fields share, such as those that guess at passwords, counted by address whoever calls."""

    fields: tuple[str, ...] = ()
    """Schema coordinates: ``Mutation.login``. Those that the supergraph does not have are logged as a warning."""


@dataclass(frozen=True, slots=True)
class RateLimitsConfig:
    """How often each client may ask, counted in Redis by all routers together.

    An operation counts as often as it has root fields, fragments expanded: an alias saves nothing. A client's address
    is that of its connection, or what ``trusted_proxies`` wrote; of IPv6 the first 64 bits. Requests of which no
    address is known share one limit.
    """

    redis_url: str
    enabled: bool = True
    query: RatesConfig = RatesConfig(caller=RateConfig(6_000), address=RateConfig(12_000))
    """An address may be that of many people."""
    mutation: RatesConfig = RatesConfig(caller=RateConfig(3_000), address=RateConfig(3_000))
    subscription: RatesConfig = RatesConfig(caller=RateConfig(600), address=RateConfig(600))
    """Counted when it starts; its events are not."""
    fields: Mapping[str, FieldRateConfig] = field(default_factory=lambda: MappingProxyType({}))
    """By a name of the operator's, which metrics and clients are told. These fields count here only."""
    prefix: str = "rate:"
    on_redis_down: Literal["allow", "deny"] = "allow"
    """``allow``: nothing is limited while Redis is away. ``deny``: requests get 503. Redis is asked again once a
    second."""
    timeout: float = 0.25
    """Seconds that requests may wait for Redis."""

    def __post_init__(self) -> None:
        named = [name for own in self.fields.values() for name in own.fields]
        twice = sorted({name for name in named if named.count(name) > 1})
        if twice:
            raise ConfigError(f"rate_limits.fields limits {twice[0]} twice")
        for name in self.fields:
            if name in ("query", "mutation", "subscription") or not _RATE_NAME.fullmatch(name):
                raise ConfigError(f"rate_limits.fields.{name} needs another name: a word that is no operation type's")


@dataclass(frozen=True, slots=True)
class DeferConfig:
    """Incremental delivery of what ``@defer`` marks, to clients that read it; others get everything at once."""

    enabled: bool = True
    """Off: the schema has no ``@defer``."""
    unlabelled: Literal["v0.2", "20220824"] = "v0.2"
    """The format for clients that accept ``multipart/mixed`` without saying which."""


@dataclass(frozen=True, slots=True)
class GraphiQLConfig:
    """The explorer at ``/`` and at ``GET /graphql`` of a browser."""

    enabled: bool = True
    default_query: str | None = None
    """What its first tab holds; ``None``: a comment that says how to begin."""


@dataclass(frozen=True, slots=True)
class ErrorsConfig:
    """What clients read of a subgraph's errors."""

    mask: bool = True
    """Only errors with an ``extensions.code`` keep their message; anything else is replaced and logged."""
    per_response: int = 1_000
    """Errors that one response lists at most; if there are others one more says so."""


@dataclass(frozen=True, slots=True)
class SessionConfig:
    """The session of a token must exist in Redis, or the token is refused although it has not expired."""

    redis_url: str
    prefix: str = "session:"
    on_redis_down: Literal["deny", "allow"] = "deny"
    """``deny``: requests with a token get 503 while Redis is away. ``allow``: the token alone decides."""
    timeout: float = 0.5


@dataclass(frozen=True, slots=True)
class ForwardConfig:
    """The signed identity that subgraphs are given instead of the client's token."""

    key_file: Path
    """Ed25519 private key: PEM or JWK."""
    issuer: str = "router"
    """``iss`` and ``kid`` of the forwarded token."""
    audience: str = "stoa-subgraphs"
    lifetime: int = 60
    reuse: int = 20
    """Seconds for which one forwarded token is reused for the same client token."""


@dataclass(frozen=True, slots=True)
class IdentityConfig:
    """How client tokens are verified. Without it the router serves everybody as anonymous."""

    issuer: str
    audience: str
    jwks_url: str | None = None
    jwks_file: Path | None = None
    leeway: float = 30.0
    session: SessionConfig | None = None
    forward: ForwardConfig | None = None

    def __post_init__(self) -> None:
        if (self.jwks_url is None) == (self.jwks_file is None):
            raise ConfigError("identity needs exactly one of jwks_url and jwks_file")


@dataclass(frozen=True, slots=True)
class CsrfConfig:
    """Whether a page of another site may make a browser send requests.

    A GET is refused when the browser says it comes from another site and no preflight header is there. ``strict``
    asks every GET for a preflight header, because browsers say nothing on plain-http origins.
    """

    enabled: bool = True
    strict: bool = False


@dataclass(frozen=True, slots=True)
class CorsConfig:
    """Origins whose pages may read answers; ``*`` alone: every origin, never with credentials."""

    origins: tuple[str, ...] = ()
    credentials: bool = False
    max_age: int = 600

    def __post_init__(self) -> None:
        if self.credentials and "*" in self.origins:
            raise ConfigError("cors.credentials cannot be combined with the origin '*'")


@dataclass(frozen=True, slots=True)
class CacheConfig:
    """Bounds of what is kept per operation text: document, validation, plans."""

    operations: int = 2_000
    document_bytes: int = 8_000_000
    """Sum of the lengths of the kept documents."""


@dataclass(frozen=True, slots=True)
class OverrideConfig:
    """Fields on their way from one subgraph to another: ``@override(from:, label:)``.

    ``percent(n)`` needs no setting: it is on for that share of the requests, decided anew for each.
    """

    labels: tuple[str, ...] = ()
    """Labels that are on for every request. One that the supergraph does not have is logged as a warning."""


@dataclass(frozen=True, slots=True)
class ReadinessConfig:
    """What ``/ready`` asks besides the supergraph, the key set and the session store."""

    subgraphs: bool = False
    """Every subgraph answers ``{ __typename }``."""
    timeout: float = 2.0


@dataclass(frozen=True, slots=True)
class TelemetryConfig:
    """What the router tells its operator."""

    access_log: bool = True
    operation_names: tuple[str, ...] = ()
    """Names that metrics may carry as they are; all others are counted in 32 buckets by hash."""


@dataclass(frozen=True, slots=True)
class GatewayConfig:
    """Everything ``router.yaml`` can say. The default serves any supergraph and needs nothing else."""

    listen: ListenConfig = field(default_factory=ListenConfig)
    supergraph: Path | None = None
    subgraphs: Mapping[str, SubgraphConfig] = field(default_factory=lambda: MappingProxyType({}))
    timeout: float = 10.0
    """Seconds for one subgraph request."""
    deadline: float = 30.0
    """Seconds for all subgraph requests of an operation together; what is not answered by then is an error."""
    circuit: CircuitConfig = CircuitConfig()
    defer: DeferConfig = DeferConfig()
    limits: LimitsConfig = field(default_factory=LimitsConfig)
    rate_limits: RateLimitsConfig | None = None
    """Without it nobody is limited and nothing is counted."""
    subscriptions: SubscriptionsConfig = field(default_factory=SubscriptionsConfig)
    introspection: bool = True
    """Off: no ``__schema`` and ``__type``, and error messages suggest no names."""
    graphiql: GraphiQLConfig = field(default_factory=GraphiQLConfig)
    errors: ErrorsConfig = field(default_factory=ErrorsConfig)
    identity: IdentityConfig | None = None
    csrf: CsrfConfig = field(default_factory=CsrfConfig)
    cors: CorsConfig = field(default_factory=CorsConfig)
    propagate_headers: tuple[str, ...] = ("traceparent", "tracestate", "accept-language")
    """Client headers that subgraphs are sent. ``authorization`` and ``cookie`` are never among them."""
    forward_client_address: bool = False
    """Tell subgraphs who sends a request: its address in ``x-forwarded-for``, whatever the client wrote there, and its
    user agent in ``x-forwarded-user-agent``; ``user-agent`` is the router's own."""
    trusted_proxies: int = 0
    """How many proxies of the operator's own stand before the router and append to ``x-forwarded-for``."""
    forward_extensions: tuple[str, ...] = ()
    """Keys of subgraphs' ``extensions`` that clients are answered, as ``{key: {subgraph: [value of each fetch]}}``.
    With ``retryAfterSeconds`` among them the longest of these waits is the answer's ``Retry-After``, too."""
    override: OverrideConfig = OverrideConfig()
    cache: CacheConfig = field(default_factory=CacheConfig)
    readiness: ReadinessConfig = field(default_factory=ReadinessConfig)
    telemetry: TelemetryConfig = field(default_factory=TelemetryConfig)

    def __post_init__(self) -> None:
        forbidden = {"authorization", "cookie"} & {name.lower() for name in self.propagate_headers}
        if forbidden:
            raise ConfigError(f"propagate_headers may not contain {sorted(forbidden)[0]}")

    def subgraph_timeout(self, name: str) -> float:
        """Seconds for one request to the subgraph ``name``."""
        own = self.subgraphs.get(name)
        return self.timeout if own is None or own.timeout is None else own.timeout
