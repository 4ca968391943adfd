"""Forgetting: stored methods that were removed leave the provider, and a person leaves the room's books.

Payments, attempts and refunds stay with their sums and references, which the law wants kept; what they showed of the
card does not.
"""

from __future__ import annotations

import asyncio
import logging
from uuid import UUID

from subgraphs.kernel.audit import forget_in_audit_log
from subgraphs.kernel.context import RunningRoom
from subgraphs.kernel.erasure import acknowledge, concerns, forget_in_shared_tables
from subgraphs.kernel.events import Event
from subgraphs.kernel.outages import unexpected
from subgraphs.payment.provider import PaymentProvider, ProviderRefused
from subgraphs.payment.repository import methods, payments
from subgraphs.payment.tables import DB

logger = logging.getLogger("stoa.payment.forgetting")

_PAUSE_SECONDS = 5.0
_BATCH = 20
_LEASE_SECONDS = 120.0
_LONGEST_PAUSE_SECONDS = 3600.0


async def on_erased(event: Event, room: RunningRoom) -> None:
    """Remove what the person stored; answer auth once the provider has forgotten it, too."""
    if not concerns(event, room.name):
        return
    user_id = UUID(event.payload["user_id"])
    left = await methods.forget_owner(user_id)
    shown = await payments.forget_means(user_id)
    await forget_in_audit_log(DB, ["payment_methods"], left)
    await forget_in_audit_log(DB, ["payments"], shown)
    if not left:
        await forget_in_shared_tables(DB, user_id)
        await acknowledge(DB, user_id)


async def detach_removed_methods(room: RunningRoom) -> None:
    """The worker: until cancelled; an outage of the provider or the database is waited out."""
    while True:
        try:
            worked = await detach_once(room.resources)
        except Exception as error:
            logger.warning("removed payment methods wait: %s", error, exc_info=unexpected(error))
            worked = 0
        if not worked:
            await asyncio.sleep(_PAUSE_SECONDS)


async def detach_once(provider: PaymentProvider) -> int:
    """Have the removed methods detached whose time it is, and delete their rows; answers how many those were.

    One that cannot be detached now waits for itself, ever longer, and keeps no other waiting.
    """
    batch = await methods.take_removed(_BATCH, _LEASE_SECONDS)
    for method in batch:
        try:
            await _detach(method, provider)
        except Exception as error:
            logger.warning("method %s waits to be detached: %s", method.id, error, exc_info=unexpected(error))
            await methods.detach_later(method.id, min(2.0 ** min(method.tries, 12), _LONGEST_PAUSE_SECONDS))
    return len(batch)


async def _detach(method: methods.RemovedMethod, provider: PaymentProvider) -> None:
    """Of one that was being stored, asking again under its key tells what the provider keeps it by."""
    token: str | None = method.token
    try:
        if method.storing:
            token = await provider.store(method.token, str(method.id))
    except ProviderRefused as refused:  # not stored, or so long ago that the key is kept no more
        logger.info("the provider stores nothing for method %s: %s", method.id, refused)
        token = None if await methods.is_told_of(method.token, method.id) else method.token
    if token is not None:
        await _forget(token, method.id, provider)
    await methods.delete(method.id)


async def _forget(token: str, method_id: UUID, provider: PaymentProvider) -> None:
    try:
        await provider.forget(token)
    except ProviderRefused as refused:  # it knows no such token: that is what we want
        logger.info("the provider does not know the token of method %s: %s", method_id, refused)
