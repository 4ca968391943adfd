"""The provider keeps the cards that the room shows, and no others, whatever happened in between (D18)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any, TypeVar
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from subgraphs.kernel.erasure import ERASED
from subgraphs.kernel.events import Event
from subgraphs.payment.app import create_app
from subgraphs.payment.http_provider import HttpProvider
from subgraphs.payment.provider import ProviderRefused, ProviderUnavailable
from subgraphs.payment.service import methods
from subgraphs.payment.service.forgetting import detach_once, on_erased
from subgraphs.payment.simulator import SECRET, WEBHOOK_SECRET, Simulator
from subgraphs.payment.tables import DB
from tests.fixtures.rooms import RoomClient, StartRoom
from tests.subgraphs.payment.conftest import Till
from tests.subgraphs.payment.test_methods import REMOVE, SAVE, save

T = TypeVar("T")
Operation = tuple[Any, ...]
CARDS = ("tok_visa", "tok_mastercard", "tok_amex", "tok_visa_debit", "tok_expired", "tok_nothing", "pm_visa")
FAULTS = (*["none"] * 4, "lost before", "lost after", "dies before", "dies after", "refused")
USERS = (uuid4(), uuid4())
MOST = 2
SAVED = {"PAYMENT_METHOD_TYPE_MISMATCH", "CARD_EXPIRED", "TOKEN_INVALID", "TOO_MANY_METHODS", "NOT_FOUND"}
LOST = {"SERVICE_UNAVAILABLE", "INTERNAL_SERVER_ERROR"}


class Died(Exception):  # noqa: N818
    """The process ends here, as far as the request knows."""


class Unreliable(HttpProvider):
    """A provider whose answers get lost, and whose askers die."""

    def __init__(self, simulator: Simulator, faults: Sequence[str]) -> None:
        super().__init__("simulator", simulator.app(), SECRET, WEBHOOK_SECRET, timeout=60)
        self.faults = list(faults)

    async def store(self, token: str, key: str) -> str:
        return await self._ask(lambda: HttpProvider.store(self, token, key))

    async def forget(self, token: str) -> None:
        return await self._ask(lambda: HttpProvider.forget(self, token), refuses=False)

    async def _ask(self, call: Callable[[], Awaitable[T]], *, refuses: bool = True) -> T:
        fault = self.faults.pop(0) if self.faults else "none"
        if fault == "lost before":
            raise ProviderUnavailable("lost before it acted")
        if fault == "dies before":
            raise Died
        if fault == "refused" and refuses:
            raise ProviderRefused("It is refused.", code="refused")
        answer = await call()
        if fault == "lost after":
            raise ProviderUnavailable("lost after it acted")
        if fault == "dies after":
            raise Died
        return answer


class Wallets:
    """What some people do with their cards."""

    def __init__(self, client: RoomClient, provider: Unreliable, simulator: Simulator) -> None:
        self.client = client
        self.provider = provider
        self.simulator = simulator

    async def save(self, who: int, token: str, kind: str) -> None:
        input = {"providerToken": token, "type": kind}
        self._understood(await self.client.send(SAVE, {"input": input}, as_user=USERS[who]))

    async def remove(self, who: int, which: int) -> None:
        rows = await DB.fetch(
            "SELECT id FROM payment_methods WHERE user_id = $1 AND deleted_at IS NULL ORDER BY id", USERS[who]
        )
        if rows:
            id = str(rows[which % len(rows)]["id"])
            self._understood(await self.client.send(REMOVE, {"id": id}, as_user=USERS[who]))

    async def erase(self, who: int) -> None:
        event = Event(ERASED, f"user:{USERS[who]}", {"user_id": str(USERS[who])})
        async with DB.transaction():
            await on_erased(event, self.client.room)

    async def work(self) -> None:
        """A round of the worker, when everything that waits is due: also what a request is storing right now."""
        await DB.execute("UPDATE payment_methods SET detach_after = now() WHERE deleted_at IS NOT NULL")
        await detach_once(self.provider)

    async def together(self, operations: Sequence[Operation]) -> None:
        await asyncio.gather(*(getattr(self, name)(*arguments) for name, *arguments in operations))

    async def agree(self) -> None:
        """The provider being well again, the worker leaves it the cards that are shown."""
        self.provider.faults.clear()
        for _ in range(3):
            await self.work()
        rows = await DB.fetch("SELECT provider_token, deleted_at FROM payment_methods ORDER BY provider_token")
        assert [row["deleted_at"] for row in rows] == [None] * len(rows)
        assert [row["provider_token"] for row in rows] == self.simulator.books.attached_cards()
        for user in USERS:
            assert await DB.fetch_value("SELECT count(*) FROM payment_methods WHERE user_id = $1", user) <= MOST

    def _understood(self, answer: dict[str, Any]) -> None:
        codes = {error["extensions"]["code"] for error in answer.get("errors", ())}
        assert codes <= LOST, answer
        for payload in (answer.get("data") or {}).values():
            assert {error["code"] for error in payload["errors"]} <= SAVED, answer


@pytest.fixture
async def room(start_room: StartRoom, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[RoomClient]:
    monkeypatch.setattr(methods, "MAX_METHODS", MOST)
    async with start_room("payment", create_app) as client:
        own = client.room.resources
        yield client
        client.room.resources = own


async def live(room: RoomClient, rounds: Sequence[Sequence[Operation]], faults: Sequence[str]) -> Wallets:
    await DB.execute("TRUNCATE payment_methods, outbox")
    simulator = Simulator()
    provider = Unreliable(simulator, faults)
    room.room.resources = provider
    wallets = Wallets(room, provider, simulator)
    try:
        for operations in rounds:
            await wallets.together(operations)
        await wallets.agree()
    finally:
        await provider.aclose()
        await simulator.aclose()
    return wallets


_who = st.integers(0, 1)
_operations = st.one_of(
    *[st.tuples(st.just("save"), _who, st.sampled_from(CARDS), st.sampled_from(["CREDIT_CARD", "DEBIT_CARD"]))] * 3,
    st.tuples(st.just("remove"), _who, st.integers(0, 3)),
    st.tuples(st.just("erase"), _who),
    st.tuples(st.just("work")),
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rounds=st.lists(st.lists(_operations, min_size=1, max_size=4), min_size=1, max_size=6),
    faults=st.lists(st.sampled_from(FAULTS), max_size=12),
)
async def test_the_provider_keeps_what_is_shown_and_nothing_else(
    room: RoomClient, rounds: list[list[Operation]], faults: list[str]
) -> None:
    await live(room, rounds, faults)


def saving(who: int, token: str, kind: str = "CREDIT_CARD") -> Operation:
    return ("save", who, token, kind)


STORIES: dict[str, tuple[list[list[Operation]], list[str]]] = {
    "the answer is lost, and it is asked again": ([[saving(0, "tok_visa")]] * 2, ["lost after"]),
    "the process dies once it is stored": ([[saving(0, "tok_visa")], [("work",)]], ["dies after"]),
    "two of the same card at once": ([[saving(0, "tok_visa"), saving(0, "pm_visa")]], []),
    "more at once than there may be": (
        [[saving(0, token) for token in ("tok_visa", "tok_mastercard", "tok_amex")]],
        [],
    ),
    "the owner is erased while it is stored": ([[saving(0, "tok_visa"), ("erase", 0)], [("erase", 0)]], []),
    "the worker comes while it is stored": ([[saving(0, "tok_visa"), ("work",)], [saving(0, "tok_visa")]], []),
}


@pytest.mark.parametrize("story", STORIES)
async def test_a_card_in_vain_does_not_stay(room: RoomClient, story: str) -> None:
    await live(room, *STORIES[story])


async def test_what_is_refused_or_there_already_is_not_stored_at_all(till: Till) -> None:
    user = uuid4()
    assert (await save(till, user, "tok_visa"))["errors"] == []
    before = till.simulator.books.attached_cards()
    for token, kind in (("tok_visa", "CREDIT_CARD"), ("tok_amex", "DEBIT_CARD"), ("tok_expired", "CREDIT_CARD")):
        await save(till, user, token, kind)
    assert till.simulator.books.attached_cards() == before
    assert await DB.fetch_value("SELECT count(*) FROM payment_methods") == 1


async def removed(till: Till, user: UUID, *tokens: str) -> None:
    for token in tokens:
        id = (await save(till, user, token))["paymentMethod"]["id"]
        await till.client.query(REMOVE, {"id": id}, as_user=user)


async def test_one_that_cannot_be_detached_keeps_no_other_waiting(till: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even the erasure of somebody else; and it is asked for ever more rarely."""
    stuck, erased = uuid4(), uuid4()
    await removed(till, stuck, "tok_mastercard")
    await removed(till, erased, "tok_visa", "tok_amex")
    real = HttpProvider.forget
    asked: list[str] = []

    async def forget(self: HttpProvider, token: str) -> None:
        asked.append(token)
        if token.startswith("pm_mastercard"):
            raise ProviderUnavailable("for ever")
        await real(self, token)

    monkeypatch.setattr(HttpProvider, "forget", forget)
    provider = till.client.room.resources
    assert await detach_once(provider) == 3
    assert [card.partition("-")[0] for card in till.simulator.books.attached_cards()] == ["pm_mastercard"]
    event = Event(ERASED, f"user:{erased}", {"user_id": str(erased)})
    async with DB.transaction():
        await on_erased(event, till.client.room)
    assert await DB.fetch_value("SELECT count(*) FROM outbox WHERE type = 'user.erasure_acknowledged'") == 1
    waits = "SELECT extract(epoch FROM detach_after - now())::float FROM payment_methods"
    pauses = [await DB.fetch_value(waits)]
    for _ in range(14):
        assert await detach_once(provider) == 0
        await DB.execute("UPDATE payment_methods SET detach_after = now()")
        assert await detach_once(provider) == 1
        pauses.append(await DB.fetch_value(waits))
    assert pauses[0] < pauses[4] / 4 < pauses[8]
    assert max(pauses) <= 3600
    monkeypatch.setattr(HttpProvider, "forget", real)
    await DB.execute("UPDATE payment_methods SET detach_after = now()")
    assert await detach_once(provider) == 1
    assert till.simulator.books.attached_cards() == []


@pytest.mark.parametrize("status", [401, 403, 429, 500])
async def test_a_provider_in_trouble_has_not_forgotten(till: Till, status: int) -> None:
    await removed(till, uuid4(), "tok_visa")
    till.simulator.trouble = status
    assert await detach_once(till.client.room.resources) == 1
    till.simulator.trouble = None
    assert len(till.simulator.books.attached_cards()) == 1
    await DB.execute("UPDATE payment_methods SET detach_after = now()")
    assert await detach_once(till.client.room.resources) == 1
    assert till.simulator.books.attached_cards() == []


async def test_an_old_request_detaches_no_card_that_another_one_stored(
    till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The provider takes a one-time token once: of two rows for it, one answers for the card."""
    user = uuid4()
    await save(till, user, "tok_visa")
    token: str = await DB.fetch_value("SELECT provider_token FROM payment_methods")
    await DB.execute(
        """
        INSERT INTO payment_methods (user_id, type, provider, provider_token, fingerprint, expiry_month, expiry_year,
                                     storing, deleted_at, detach_tries)
        SELECT user_id, type, provider, provider_token, 'f', 1, 2040, true, now(), 1 FROM payment_methods
        """
    )
    assert await detach_once(till.client.room.resources) == 1
    assert till.simulator.books.attached_cards() == [token]
    assert await DB.fetch_value("SELECT count(*) FROM payment_methods") == 1
