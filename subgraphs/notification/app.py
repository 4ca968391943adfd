"""The notification room as a service.

Environment besides the kernel's, all with the prefix ``NOTIFICATION_``: ``SMTP_HOST`` and what `mail` lists beside it;
``SMS_GATEWAY`` and ``PUSH_GATEWAY``, the addresses of HTTP gateways, with ``SMS_TOKEN`` and ``PUSH_TOKEN``. A channel
without its adapter does not exist here: nothing is written for it.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from urllib.parse import urlsplit

from subgraphs.kernel.app import Room, RoomApp, build_app
from subgraphs.kernel.context import RunningRoom
from subgraphs.kernel.service_client import Peer
from subgraphs.kernel.settings import RoomSettings, SettingsError
from subgraphs.notification.api import schema
from subgraphs.notification.channels import ChannelAdapter, Channels
from subgraphs.notification.delivery import deliver_mails, deliver_texts
from subgraphs.notification.domain import Channel
from subgraphs.notification.events import LISTENS
from subgraphs.notification.http_gateway import HttpGateway
from subgraphs.notification.loaders import Loaders
from subgraphs.notification.mail import SmtpMail, SmtpSettings
from subgraphs.notification.tables import DB
from subgraphs.notification.upkeep import UPKEEP

logger = logging.getLogger("stoa.app")


@asynccontextmanager
async def open_channels(room: RunningRoom) -> AsyncIterator[Channels]:
    """The channels that the settings name, while the room runs; raises SettingsError for settings by half."""
    adapters: dict[Channel, ChannelAdapter] = {}
    smtp = SmtpSettings.from_room(room.settings)
    if smtp is None:
        logger.warning("NOTIFICATION_SMTP_HOST is not set: no mail is sent, not even to verify addresses")
    else:
        adapters[Channel.EMAIL] = SmtpMail(smtp)
    for channel, name in ((Channel.SMS, "SMS"), (Channel.PUSH, "PUSH")):
        if (url := room.settings.variable(f"{name}_GATEWAY")) is not None:
            adapters[channel] = _gateway(name, url, room.settings.variable(f"{name}_TOKEN"))
    async with AsyncExitStack() as closing:
        for adapter in adapters.values():
            closing.push_async_callback(adapter.aclose)
        yield Channels(adapters)


def _gateway(name: str, url: str, token: str | None) -> HttpGateway:
    if urlsplit(url).scheme not in ("http", "https"):
        raise SettingsError(f"NOTIFICATION_{name}_GATEWAY must be an http(s) address, not {url!r}.")
    if token is None:
        raise SettingsError(f"NOTIFICATION_{name}_TOKEN is not set; it must be the gateway's bearer token.")
    return HttpGateway(url, token)


ROOM = Room(
    "notification",
    schema,
    DB,
    loaders=Loaders,
    listens=LISTENS,
    workers=(deliver_mails, deliver_texts),
    resources=open_channels,
    upkeep=UPKEEP,
)


def create_app(
    settings: RoomSettings,
    *,
    redis: str | None = None,
    peers: Mapping[str, Peer] | None = None,
    background: bool = True,
) -> RoomApp:
    """The ASGI application of this room; it asks its peer auth for the links of mails."""
    return build_app(ROOM, settings, redis=redis, peers=peers, background=background)
