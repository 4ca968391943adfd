"""Who kills services under load: at random named fault points, at any moment, and Redis with all that it knew."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Callable

from tests.supergraph.fleet import TRADE, Fleet

COMMON = {
    "order": (
        "checkout.claimed",
        "checkout.reserved",
        "checkout.created_uncommitted",
        "checkout.created",
        "checkout.authorized_unrecorded",
        "checkout.committed_unrecorded",
        "checkout.captured_unrecorded",
        "checkout.confirmed_uncommitted",
        "checkout.confirmed",
        "outbox.added",
        "consumer.uncommitted",
        "consumer.applied",
    ),
    "product": ("stock.reserved", "stock.committed", "consumer.uncommitted", "consumer.applied"),
    "payment": (
        "payment.attempt_written",
        "payment.authorized_unrecorded",
        "payment.captured_unrecorded",
        "outbox.added",
    ),
    "notification": ("consumer.uncommitted", "consumer.applied", "delivery.sent_unrecorded"),
}
"""Points that most checkouts come by."""
RARE = {
    "order": ("checkout.voided", "checkout.released"),
    "payment": ("payment.voided_unrecorded", "refund.unrecorded"),
}
"""Points of cancellations and refunds."""
ELSEWHERE = {"refund.promised", "erasure.begun", "erasure.streams_forgotten"}
"""Points that no customer of the street comes by; tests of their own die there."""

_PASSES, _RARE_PASSES = (4, 100), (1, 6)
_BLOW_EVERY = 25  # checkouts
_VICTIMS = (*TRADE * 2, *("provider",) * 2, "redis")


class Wrecker:
    """Each service is started so that it dies at some point some time later; besides that, blows fall now and then.

    How many depends on the checkouts that were begun, not on the time, so a slow machine sees as many.
    """

    def __init__(self, fleet: Fleet, dice: random.Random, begun: Callable[[], int]) -> None:
        self._fleet = fleet
        self._dice = dice
        self._begun = begun
        self._points: dict[str, str] = {}
        self.kills: Counter[str] = Counter()

    async def arm(self, *rooms: str) -> None:
        """Start rooms that are not running, each with a point to die at."""
        await asyncio.gather(*(asyncio.to_thread(self._start, room, self._fault(room)) for room in rooms))

    def _start(self, room: str, fault: str) -> None:
        """A room whose point comes before it is ready is started once more without one."""
        try:
            self._fleet.start(room, fault=fault)
        except RuntimeError:
            if not self._fleet.died(room):
                raise
            self.kills[f"{room} {self._points[room]} while starting"] += 1
            self._points[room] = "none"
            self._fleet.start(room)

    def _fault(self, room: str) -> str:
        rare = room in RARE and self._dice.random() < 0.3
        self._points[room] = self._dice.choice((RARE if rare else COMMON)[room])
        return f"{self._points[room]}:{self._dice.randint(*(_RARE_PASSES if rare else _PASSES))}"

    async def run(self) -> None:
        """Until cancelled."""
        blows = 0
        while True:
            dead = [room for room in TRADE if room in self._fleet.running and self._fleet.died(room)]
            for room in dead:
                self.kills[f"{room} {self._points[room]}"] += 1
            if self._begun() >= (blows + 1) * _BLOW_EVERY:
                blows += 1
                dead += await self._strike(self._dice.choice(_VICTIMS), dead)
            await asyncio.sleep(self._dice.uniform(0, 1))
            await self.arm(*dead)

    async def _strike(self, victim: str, dead: list[str]) -> list[str]:
        """Kill it at whatever it is doing; answers which room is to be armed again."""
        if victim in dead or (victim in TRADE and self._fleet.died(victim)):
            return [] if victim in dead else [victim]
        self.kills[f"{victim} at any moment"] += 1
        if victim == "redis":
            await self._lose_redis()
            return []
        self._fleet.kill(victim)
        if victim in TRADE:
            return [victim]
        await asyncio.to_thread(self._fleet.start, victim)
        return []

    async def _lose_redis(self) -> None:
        """It comes back empty; the relays notice, and publish again what the outboxes keep."""
        self._fleet.redis.kill()
        await asyncio.sleep(self._dice.uniform(0, 2))
        await asyncio.to_thread(self._fleet.redis.start)

    async def disarm(self) -> None:
        """Everybody runs, and nobody dies any more."""
        for room in TRADE:
            if room in self._fleet.running and not self._fleet.died(room):
                self._fleet.kill(room)
        if "provider" not in self._fleet.running:
            await asyncio.to_thread(self._fleet.start, "provider")
        await asyncio.gather(*(asyncio.to_thread(self._fleet.start, room) for room in TRADE))
