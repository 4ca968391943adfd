"""The payment room as a service.

``PAYMENT_PROVIDER_URL`` names its payment provider, with ``PAYMENT_PROVIDER_SECRET`` and ``PAYMENT_WEBHOOK_SECRET``
(for Stripe: https://api.stripe.com, and ``PAYMENT_PROVIDER_NAME=stripe``); without it the simulator serves in this
process, with its books in the file ``PAYMENT_SIMULATOR_BOOKS`` or in memory. ``PAYMENT_SHOP_URL`` is where the shop's
pages are, to one of which a buyer returns whom the provider sent to the bank.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

from starlette.applications import Starlette

from subgraphs.kernel.app import Room, RoomApp, build_app
from subgraphs.kernel.context import RunningRoom
from subgraphs.kernel.erasure import ERASED
from subgraphs.kernel.events import Listens
from subgraphs.kernel.service_client import Peer
from subgraphs.kernel.settings import RoomSettings, SettingsError
from subgraphs.payment.api import schema
from subgraphs.payment.api.webhooks import ROUTES
from subgraphs.payment.http_provider import TIMEOUT_SECONDS, HttpProvider
from subgraphs.payment.intents import DEFAULT_SHOP_URL
from subgraphs.payment.loaders import Loaders
from subgraphs.payment.provider import PaymentProvider
from subgraphs.payment.service.forgetting import detach_removed_methods, on_erased
from subgraphs.payment.service.recording import ORPHANED
from subgraphs.payment.service.refunding import SENT_BACK
from subgraphs.payment.service.returning import RETURN_FAILED
from subgraphs.payment.service.worker import settle_what_is_open
from subgraphs.payment.simulator import SECRET, WEBHOOK_SECRET, Books, Messenger, Simulator
from subgraphs.payment.stripe_provider import StripeProvider
from subgraphs.payment.tables import DB
from subgraphs.payment.upkeep import UPKEEP


@asynccontextmanager
async def connect_provider(room: RunningRoom) -> AsyncIterator[PaymentProvider]:
    """The adapter of this process, closed at its end. Raises SettingsError for a provider without its secrets."""
    url = room.settings.variable("PROVIDER_URL")
    if url is None:
        async with _simulator(room) as simulator:
            local = HttpProvider("simulator", simulator.app(), SECRET, WEBHOOK_SECRET, _timeout(room), _shop_url(room))
            try:
                yield local
            finally:
                await local.aclose()
        return
    provider = _remote(room, url)
    try:
        yield provider
    finally:
        await provider.aclose()


def _remote(room: RunningRoom, url: str) -> PaymentProvider:
    secret, webhook_secret = _secret(room, "PROVIDER_SECRET"), _secret(room, "WEBHOOK_SECRET")
    name = room.settings.variable("PROVIDER_NAME", "simulator") or "simulator"
    if name == StripeProvider.name:
        return StripeProvider(secret, webhook_secret, _timeout(room), url, _shop_url(room))
    return HttpProvider(name, url, secret, webhook_secret, _timeout(room), _shop_url(room))


@asynccontextmanager
async def _simulator(room: RunningRoom) -> AsyncIterator[Simulator]:
    """A provider of this process's own; with books that last it also sends its messages here."""
    path = room.settings.variable("SIMULATOR_BOOKS")
    if path is None:
        simulator = Simulator()
    else:
        inbox = Starlette(routes=list(ROUTES))
        inbox.room = room  # type: ignore[attr-defined]
        simulator = Simulator(books=Books(Path(path)), messenger=Messenger(inbox, WEBHOOK_SECRET))
    try:
        yield simulator
    finally:
        await simulator.aclose()


def _timeout(room: RunningRoom) -> float:
    """``PAYMENT_PROVIDER_TIMEOUT`` in seconds; longer than the order service waits leaves that without an answer."""
    value = room.settings.variable("PROVIDER_TIMEOUT", str(TIMEOUT_SECONDS)) or ""
    try:
        return float(value)
    except ValueError as error:
        raise SettingsError(f"PAYMENT_PROVIDER_TIMEOUT is a number of seconds, not {value!r}.") from error


def _shop_url(room: RunningRoom) -> str:
    url = (room.settings.variable("SHOP_URL") or DEFAULT_SHOP_URL).rstrip("/")
    if urlsplit(url).scheme not in ("http", "https"):
        raise SettingsError(f"PAYMENT_SHOP_URL must be the http(s) address of the shop's pages, not {url!r}.")
    return url


def _secret(room: RunningRoom, name: str) -> str:
    value = room.settings.variable(name)
    if not value:
        raise SettingsError(f"PAYMENT_{name} is not set: the payment provider of PAYMENT_PROVIDER_URL gives it to you.")
    return value


ROOM = Room(
    "payment",
    schema,
    DB,
    loaders=Loaders,
    listens=(Listens("auth", ERASED, on_erased),),
    workers=(settle_what_is_open, detach_removed_methods),
    resources=connect_provider,
    metrics=(ORPHANED, SENT_BACK, RETURN_FAILED),
    routes=ROUTES,
    upkeep=UPKEEP,
)


def create_app(
    settings: RoomSettings,
    *,
    redis: str | None = None,
    peers: Mapping[str, Peer] | None = None,
    background: bool = True,
) -> RoomApp:
    """The ASGI application."""
    return build_app(ROOM, settings, redis=redis, peers=peers, background=background)
