"""What a channel is to this room: something that takes a message or says why not. Adapters: `mail`, `http_gateway`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Protocol
from uuid import UUID

from subgraphs.notification.domain import Channel

MAX_ATTEMPTS: Final = 6
_FIRST_PAUSE: Final = timedelta(seconds=10)
_LONGEST_PAUSE: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message ready to leave the shop. ``id`` is the idempotency key: the same id is the same message."""

    id: UUID
    address: str
    """An e-mail address, a phone number in E.164, or for push the user's id, under which the gateway knows devices."""
    title: str
    message: str


class Undelivered(Exception):  # noqa: N818 - an answer of the channel, which decides what happens next
    """The channel did not take the message; it may later."""


class Undeliverable(Undelivered):
    """The channel will never take this message."""


class ChannelAdapter(Protocol):
    """Sends over one channel; raises Undelivered or Undeliverable, and answers within its own timeout."""

    async def send(self, outgoing: Outgoing, handing_over: Callable[[], Awaitable[None]]) -> None:
        """Hand the message over, which may have been sent under the same id before.

        An adapter whose channel does not drop such a repetition awaits ``handing_over`` once, when nothing is left to
        do but to hand over; what that raises ends the attempt, and the message has not been sent.
        """

    async def aclose(self) -> None:
        """Let go of connections."""


@dataclass(frozen=True, slots=True)
class Channels:
    """The channels that this process can send over, besides the inbox."""

    adapters: Mapping[Channel, ChannelAdapter]


def pause_after(attempt: int) -> timedelta:
    """How long to wait after the given failed attempt: ten seconds, four times as long each time, an hour at most."""
    factor: int = 4 ** min(attempt - 1, 8)
    return min(_FIRST_PAUSE * factor, _LONGEST_PAUSE)
