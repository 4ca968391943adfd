"""Working on a saga under its lease: no sibling is called before the lease is whole again.

A step may call siblings several times, and each call may take as long as its timeout. So that the lease does not run
out between them, it is renewed before every call; who has lost it is stopped there, before the call has an effect.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

from subgraphs.kernel.refusals import Unavailable
from subgraphs.order.domain.records import SagaRecord
from subgraphs.order.peers import LEASE_SLACK_SECONDS, Siblings
from subgraphs.order.repository import sagas


@dataclass(slots=True)
class Holding:
    """A saga whose lease is held, and the siblings, every call to which raises LeaseLost when it no longer is.

    They are called one after the other: the lease is the proof of the next change, and every call changes it.
    """

    saga: SagaRecord
    siblings: Siblings

    def __post_init__(self) -> None:
        self.siblings = replace(self.siblings, before_call=self._renew)

    async def _renew(self) -> None:
        """Raises Unavailable when so much of the new lease has passed already that the call might outlast it."""
        began = time.monotonic()
        self.saga = await sagas.renew(self.saga)
        if time.monotonic() - began > LEASE_SLACK_SECONDS:
            raise Unavailable("The database is too slow for a lease to be held.")
