"""Messages that the provider sends: applied once, in whatever order they come; forged and old ones are only logged.

A message writes to this room's database and tells events, nothing else: what follows from it for an order is the order
room's business, so that no lock of one room is ever taken under one of another (shop.md §2).
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping
from uuid import UUID

from subgraphs.kernel.identifiers import uuid_or_none
from subgraphs.payment.domain import AttemptRecord
from subgraphs.payment.provider import News, NewsRefused, PaymentProvider
from subgraphs.payment.repository import attempts, messages, refunds
from subgraphs.payment.service import returning
from subgraphs.payment.service.recording import record
from subgraphs.payment.service.refunding import record_refund
from subgraphs.payment.tables import DB

logger = logging.getLogger("stoa.payment.messages")


async def receive(provider: PaymentProvider, body: bytes, headers: Mapping[str, str], sender: str | None) -> bool:
    """Apply a message; False when it was applied before. Raises NewsRefused after logging why."""
    body_hash = hashlib.sha256(body).hexdigest()
    try:
        news = provider.news(body, headers)
    except NewsRefused as refused:
        logger.warning("a message from %s is %s: %s", sender, refused.outcome, refused)
        await messages.insert_refused(provider.name, refused.outcome, body_hash, sender)
        raise
    async with DB.transaction():
        if not await messages.first_time(provider.name, news.id, news.type, body_hash):
            return False
        if not await _apply(news):
            await messages.mark_ignored(provider.name, news.id)
    return True


async def _apply(news: News) -> bool:
    """Whether the message is about something that this room knows."""
    if news.charge is not None:
        attempt = await _attempt(news)
        if attempt is None:
            return False
        await record(attempt.id, news.charge, None)
        return True
    if news.given_back is not None:
        if await returning.hear(news.refund, news.given_back):
            return True
        refund_id = await _refund(news.refund, news.given_back.reference)
        if refund_id is None:
            return False
        await record_refund(refund_id, news.given_back, None)
        return True
    return False


async def _refund(key: str | None, reference: str) -> UUID | None:
    """The refund, also before the answer to whoever asked for it is written down: what comes first may be its end."""
    refund_id = uuid_or_none(key) if key else None
    if refund_id is not None and await refunds.refunds_by_id([refund_id]):
        return refund_id
    found = await refunds.refund_by_reference(reference)
    return None if found is None else found.id


async def _attempt(news: News) -> AttemptRecord | None:
    key: UUID | None = uuid_or_none(news.attempt) if news.attempt else None
    found = await attempts.attempt_by_id(key) if key else None
    if found is None and news.charge is not None:
        found = await attempts.attempt_by_reference(news.charge.reference)
    return found
