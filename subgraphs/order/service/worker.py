"""The saga worker: carries on what a crash, a slow sibling or a silent provider left open, gives up what is overdue.

Any number of processes may run it: due rows are taken with ``FOR UPDATE SKIP LOCKED`` under a lease, and a worker that
lost its lease can change nothing.
"""

from __future__ import annotations

import asyncio
import logging

from subgraphs.kernel.context import RunningRoom
from subgraphs.kernel.idempotency import Claim, release_key
from subgraphs.kernel.outages import OUTAGES, unexpected
from subgraphs.kernel.refusals import Unavailable
from subgraphs.kernel.service_client import PeerRefused
from subgraphs.order.domain.checkout import GIVEN_UP, LeaseLost, SagaStep, pause_after
from subgraphs.order.domain.records import SagaRecord
from subgraphs.order.peers import Siblings, hold_seconds
from subgraphs.order.repository import orders, sagas
from subgraphs.order.service.holding import Holding
from subgraphs.order.service.saga import Run, run
from subgraphs.order.tables import DB

logger = logging.getLogger("stoa.order.worker")

_PAUSE_SECONDS = 1.0
_BATCH = 8


async def carry_sagas_on(room: RunningRoom) -> None:
    """Until cancelled; an outage is waited out."""
    siblings = Siblings(room.peers, hold_seconds=hold_seconds(room.settings))
    while True:
        try:
            worked = await work_once(siblings)
        except Exception as error:
            logger.warning("%s: sagas wait: %s", room.name, error, exc_info=unexpected(error))
            worked = 0
        if not worked:
            await asyncio.sleep(_PAUSE_SECONDS)


async def work_once(siblings: Siblings) -> int:
    """One round; answers how many sagas were due."""
    due = await sagas.take_due(_BATCH)
    await asyncio.gather(*(_carry_on(saga, siblings) for saga in due))
    return len(due)


async def _carry_on(saga: SagaRecord, siblings: Siblings) -> None:
    try:
        order = (await orders.orders_by_id([saga.order_id])).get(saga.order_id)
        if order is None:
            await _abandon(Holding(saga, siblings))
            return
        work = Run(saga, siblings, order)
        if saga.step is SagaStep.DECLINED:
            await work.advance(SagaStep.COMPENSATING, error=GIVEN_UP)
        await run(work)
    except LeaseLost as lost:
        logger.info("%s", lost)
    except OUTAGES as error:
        logger.warning("the saga of order %s stays until its lease is over: %s", saga.order_id, error)
    except Exception:
        logger.exception("the saga of order %s failed; it is tried again when its lease is over", saga.order_id)


async def _abandon(work: Holding) -> None:
    """A checkout that died before there was an order: the goods are free again, and so is the client's key."""
    try:
        await work.siblings.release_reservation(work.saga.order_id, "checkout_abandoned")
    except (Unavailable, PeerRefused) as error:
        logger.warning("the goods of checkout %s are not released yet: %s", work.saga.order_id, error)
        await sagas.wait(work.saga, pause_after(work.saga.failures))
        return
    async with DB.transaction():
        saga = await sagas.advance(work.saga, SagaStep.FAILED, error="abandoned")
        if saga.claim_scope is not None and saga.claim_key is not None:
            await release_key(DB, Claim(saga.claim_scope, saga.claim_key, new=False))
