"""What a resolver knows: the caller, this request's loaders, and the running room behind them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import strawberry

from subgraphs.kernel.database import Database, StatementLog
from subgraphs.kernel.identity import ANONYMOUS, Principal
from subgraphs.kernel.refusals import Unavailable
from subgraphs.kernel.service_client import ServiceClient
from subgraphs.kernel.settings import RoomSettings

if TYPE_CHECKING:
    from subgraphs.kernel.feed import Feed


@dataclass(slots=True)
class RunningRoom:
    """A started service: its settings and everything it holds open."""

    name: str
    settings: RoomSettings
    database: Database
    redis: Any | None = None  # redis.asyncio.Redis
    redis_url: str | None = None  # for connections with settings of their own
    feed: Feed | None = None  # this room's events, for subscriptions; needs Redis
    peers: Mapping[str, ServiceClient] = field(default_factory=dict)
    resources: Any = None  # the room's own adapters, made by Room.resources


@dataclass(slots=True)
class RequestContext:
    """One request; ``info.context`` of every resolver."""

    room: RunningRoom
    principal: Principal = ANONYMOUS
    request_id: str = ""
    traceparent: str | None = None
    loaders: Any = None  # the room's RequestLoaders
    statements: StatementLog = field(default_factory=StatementLog)
    client_ip: str | None = None
    user_agent: str | None = None
    response_headers: dict[str, str] = field(default_factory=dict)

    @property
    def feed(self) -> Feed:
        """The room's events as they happen; raises Unavailable in a room without Redis."""
        if self.room.feed is None:
            raise Unavailable("Live updates are not available in this service.")
        return self.room.feed

    @property
    def resources(self) -> Any:
        return self.room.resources

    @property
    def peers(self) -> Mapping[str, ServiceClient]:
        return self.room.peers


Info = strawberry.Info[RequestContext, None]
