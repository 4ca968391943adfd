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
    """Have a batch of removed methods detached, and delete their rows; answers how many."""
    batch = await methods.removed(_BATCH)
    for method_id, token in batch:
        try:
            await provider.forget(token)
        except ProviderRefused as refused:  # it knows no such token: that is what we want
            logger.info("the provider does not know the token of method %s: %s", method_id, refused)
        await methods.delete(method_id)
    return len(batch)
