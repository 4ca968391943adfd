"""Whatever is asked of a payment in whatever order, and whatever is lost on the way, its money adds up (§5, §7.7).

One payment at a time lives through random rounds of operations, those of a round at once: the order's saga, staff, the
provider's messages and the worker, while the provider loses answers and refuses. Then everything is carried to its end
as the saga would, and the provider's books, this room's and the order's have to agree.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID, uuid4

import asyncpg
import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ops.reconcile import reconcile
from ops.reconcile.report import Finding
from subgraphs.payment.app import create_app
from subgraphs.payment.http_provider import HttpProvider
from subgraphs.payment.intents import major_units
from subgraphs.payment.provider import Charge, GivenBack, ProviderRefused, ProviderUnavailable
from subgraphs.payment.service.outcomes import Teller
from subgraphs.payment.service.returning import MAX_FAILED
from subgraphs.payment.service.worker import work_once
from subgraphs.payment.signatures import HEADER, sign
from subgraphs.payment.simulator import SECRET, WEBHOOK_SECRET, Simulator
from subgraphs.payment.simulator.books import Books
from subgraphs.payment.simulator.webhooks import Messenger
from subgraphs.payment.tables import DB
from tests.fixtures.databases import RoomDatabases
from tests.fixtures.rooms import RoomClient, StartRoom
from tests.subgraphs.payment.conftest import Till
from tests.subgraphs.payment.test_refunds import CAPTURE, FINANCE, REFUND

ROOMS = ("auth", "user", "product", "order", "payment", "notification")
TOTAL = Decimal("45.99")
AMOUNTS = (None, "0.01", "10.00", "20.00", "45.98", "45.99", "46.00")
TOKENS = (*["tok_visa"] * 6, "tok_declined", "tok_late_capture", "tok_refuse_capture")
FAULTS = (*["none"] * 5, "lost before", "lost after", "refused")
BEYOND = frozenset({"charge_already_refunded", "amount_too_large"})
"""What the provider says when it is asked for more than there is; it must never have to."""
STAFF_ERRORS = frozenset(
    {
        "AMOUNT_OUT_OF_RANGE",
        "CAPTURE_IN_PROGRESS",
        "CAPTURE_REFUSED",
        "IDEMPOTENCY_KEY_REUSED",
        "NOT_CAPTURABLE",
        "REFUND_EXCEEDS_CAPTURED",
    }
)

Operation = tuple[Any, ...]
T = TypeVar("T")


class Unreliable(HttpProvider):
    """A provider whose answers are lost before or after it acted, and that refuses; the same key is always refused."""

    def __init__(self, simulator: Simulator, faults: Sequence[str]) -> None:
        super().__init__("simulator", simulator.app(), SECRET, WEBHOOK_SECRET, timeout=60)
        self.faults = list(faults)
        self.asked: set[str] = set()
        self.refused: set[str] = set()
        self.beyond: list[str] = []

    async def authorize(self, token: str, amount: Decimal, currency: str, order_id: str, key: str) -> Charge:
        return await self._ask("", lambda: HttpProvider.authorize(self, token, amount, currency, order_id, key))

    async def find(self, key: str, reference: str | None) -> Charge | None:
        return await self._ask("", lambda: HttpProvider.find(self, key, reference))

    async def void(self, reference: str, key: str) -> Charge:
        return await self._ask("", lambda: HttpProvider.void(self, reference, key))

    async def capture(self, reference: str, amount: Decimal, currency: str, key: str) -> Charge:
        return await self._ask(key, lambda: HttpProvider.capture(self, reference, amount, currency, key))

    async def refund(self, reference: str, amount: Decimal, currency: str, key: str) -> GivenBack:
        refusable = "" if ":orphan:" in key else key
        return await self._ask(refusable, lambda: HttpProvider.refund(self, reference, amount, currency, key))

    async def _ask(self, refusable: str, call: Callable[[], Awaitable[T]]) -> T:
        fault = self.faults.pop(0) if self.faults else "none"
        if fault == "refused" and refusable and refusable not in self.asked:
            self.refused.add(refusable)
        if refusable in self.refused:
            raise ProviderRefused("It is refused.", code="refused")
        if fault == "lost before":
            raise ProviderUnavailable("lost before it acted")
        self.asked.add(refusable)
        try:
            answer = await call()
        except ProviderRefused as refusal:
            if refusal.code in BEYOND:
                self.beyond.append(refusal.code)
            raise
        if fault == "lost after":
            raise ProviderUnavailable("lost after it acted")
        return answer


class Mailbag(Messenger):
    """Keeps the messages, so that the test decides when, in which order and how often they arrive."""

    def __init__(self) -> None:
        super().__init__(None, WEBHOOK_SECRET)
        self.bodies: list[bytes] = []

    def tell(self, kind: str, thing: Any, delay: float = 0.0) -> None:
        self.bodies.append(orjson.dumps({"id": f"evt_{uuid4().hex}", "type": kind, "data": {"object": thing}}))


class Life:
    """One payment's life; ``given_up`` once its order was."""

    def __init__(self, client: RoomClient, simulator: Simulator, mailbag: Mailbag, provider: Unreliable) -> None:
        self.till = Till(client, simulator)
        self.mailbag = mailbag
        self.provider = provider
        self.order, self.user = uuid4(), uuid4()
        self.attempt = 1
        self.tokens: dict[int, str] = {}
        self.given_up = False

    async def together(self, operations: Sequence[Operation]) -> None:
        await asyncio.gather(*(getattr(self, name)(*arguments) for name, *arguments in operations))

    async def authorize(self, token: str) -> None:
        """As the saga does: the next attempt only when the last one is answered."""
        number = self.attempt
        token = self.tokens.setdefault(number, token)
        key = f"{self.order}:{number}"
        outcome = await self.till.authorize(self.order, self.user, amount=str(TOTAL), token=token, key=key)
        if outcome["state"] != "PROCESSING":
            self.attempt = max(self.attempt, number + 1)

    async def capture(self) -> None:
        await self.till.capture(self.order)

    async def take(self, amount: str | None, key: str | None) -> None:
        """Staff; under a new key what is answered as taken is what was asked for."""
        payment = await self.payment_id()
        if payment is None:
            return
        variables = {"payment": str(payment), "amount": amount, "key": key or uuid4().hex}
        answer = (await self.till.client.query(CAPTURE, variables, **FINANCE))["capturePayment"]
        assert {error["code"] for error in answer["errors"]} <= STAFF_ERRORS
        if key is None and answer["payment"] and answer["payment"]["status"] == "COMPLETED":
            assert answer["payment"]["capturedAmount"]["amount"] == (amount or str(TOTAL))

    async def void(self) -> None:
        self.given_up = True
        await self.till.void(self.order)

    async def refund(self, amount: str | None, key: str | None) -> None:
        payment = await self.payment_id()
        if payment is None:
            return
        variables = {"payment": str(payment), "amount": amount, "reason": "Damaged", "key": key or uuid4().hex}
        answer = (await self.till.client.query(REFUND, variables, **FINANCE))["refundPayment"]
        assert {error["code"] for error in answer["errors"]} <= STAFF_ERRORS

    async def deliver(self, index: int, copies: int) -> None:
        """One of the messages so far, at once and again."""
        if self.mailbag.bodies:
            body = self.mailbag.bodies[index % len(self.mailbag.bodies)]
            await asyncio.gather(*(self._post(body) for _ in range(copies)))

    async def send_back(self, index: int) -> None:
        """The bank will have nothing of one of the refunds so far; the messages say so when they arrive."""
        books = self.till.simulator.books
        done = [
            each["id"]
            for each in books.refunds()
            if each["status"] == "succeeded" and self._failed(each["payment_intent"]) < MAX_FAILED - 1
        ]
        if done:
            self.till.simulator.end_refund(done[index % len(done)], "failed")

    def _failed(self, intent: str) -> int:
        """How many of its refunds failed; of orphaned money not so many that it becomes staff's to give back."""
        return sum(each["status"] == "failed" for each in self.till.simulator.books.refunds_of(intent))

    async def work(self) -> None:
        """A round of the worker, when everything that is open is due."""
        await DB.execute("UPDATE payment_attempts SET next_poll_at = now() WHERE next_poll_at IS NOT NULL")
        await DB.execute("UPDATE refunds SET next_run_at = now() WHERE next_run_at IS NOT NULL")
        await work_once(Teller(self.provider))

    async def _post(self, body: bytes) -> None:
        headers = {HEADER: sign(body, WEBHOOK_SECRET), "content-type": "application/json"}
        assert (await self.till.client.http.post("/webhooks/simulator", content=body, headers=headers)).is_success

    async def payment_id(self) -> UUID | None:
        return await DB.fetch_value("SELECT id FROM payments WHERE order_id = $1", self.order)  # type: ignore[no-any-return]

    async def finish(self) -> str:
        """Carry everything to its end, the provider being well again; answers the order's status."""
        self.provider.faults.clear()
        status = await self._settled_order()
        for body in (*reversed(self.mailbag.bodies), *self.mailbag.bodies):  # all of them, late, twice, backwards
            await self._post(body)
        await self._quiet()
        if status == "cancelled":
            await self._given_up()  # what was sent back goes again
        assert not await DB.fetch_value("SELECT EXISTS (SELECT FROM payment_attempts WHERE next_poll_at IS NOT NULL)")
        return status

    async def _settled_order(self) -> str:
        await self._quiet()
        if not self.given_up and await self.till.capture(self.order) == "CAPTURED":
            return "confirmed"
        await self._given_up()
        return "cancelled"

    async def _given_up(self) -> None:
        for _ in range(5):
            if await self.till.void(self.order) in ("VOIDED", "REFUNDED", "NONE"):
                return
        raise AssertionError("the order's money does not come back")

    async def _quiet(self) -> None:
        """A day passes, after which no attempt is in doubt; until nothing is open but what is held."""
        await DB.execute("UPDATE payment_attempts SET created_at = created_at - interval '25 hours'")
        for _ in range(10):
            await self.work()
            if not await DB.fetch_value(
                """
                SELECT EXISTS (SELECT FROM payment_attempts
                               WHERE next_poll_at IS NOT NULL AND (orphaned OR status <> 'authorized'))
                    OR EXISTS (SELECT FROM refunds WHERE next_run_at IS NOT NULL)
                """
            ):
                return
        raise AssertionError("something stays open")


class Ledger:
    """The payment room with the databases that ``reconcile`` compares; a fresh life has empty ones."""

    def __init__(self, client: RoomClient, databases: RoomDatabases, folder: Path) -> None:
        self.client = client
        self.databases = {room: databases(room) for room in ROOMS}
        self.folder = folder
        self.books = folder

    async def live(self, token: str, rounds: Sequence[Sequence[Operation]], faults: Sequence[str]) -> None:
        async with self.life(faults) as life:
            await life.authorize(token)
            for operations in rounds:
                await life.together(operations)
            await self.insert_order(life, await life.finish())
            assert life.provider.beyond == []
            assert await self.findings() == []
            await _assert_nothing_lost(life.till.simulator.books)

    @asynccontextmanager
    async def life(self, faults: Sequence[str] = ()) -> AsyncIterator[Life]:
        """A life of its own, with a provider that has new books."""
        await DB.execute("TRUNCATE payments, payment_attempts, refunds, provider_messages, outbox, idempotency_keys")
        self.books, mailbag = self.folder / f"{uuid4().hex}.sqlite", Mailbag()
        simulator = Simulator(books=Books(self.books), messenger=mailbag, hang_seconds=0)
        provider = Unreliable(simulator, faults)
        self.client.room.resources = provider
        try:
            yield Life(self.client, simulator, mailbag, provider)
        finally:
            await provider.aclose()
            await simulator.aclose()

    async def findings(self) -> list[Finding]:
        """What disagrees now."""
        return await reconcile(self.databases, books=self.books)

    async def insert_order(self, life: Life, status: str) -> None:
        connection = await asyncpg.connect(**self.databases["order"].connect_arguments())
        try:
            await connection.execute("TRUNCATE orders CASCADE")
            await connection.execute(
                """
                INSERT INTO orders (id, order_number, user_id, status, subtotal, total, shipping_address,
                                    billing_address, contact_email)
                SELECT $1, 'ORD-1', $2, $3, $4, $4, a, a, 'a@example.com'
                FROM (SELECT '{"street": "Main 1", "city": "Bonn", "country": "DE", "zip_code": "53111",
                               "state": ""}'::jsonb AS a) AS address
                """,
                life.order,
                life.user,
                status,
                TOTAL,
            )
        finally:
            await connection.close()


async def _assert_nothing_lost(books: Books) -> None:
    """What the provider kept is what the payment says, cent by cent."""
    kept = sum(
        (major_units(each["amount_received"] - each["amount_refunded"], "USD") for each in books.intents()), Decimal()
    )
    row = await DB.fetch_row(
        "SELECT sum(captured_amount - refunded_amount) AS kept, count(*) AS payments FROM payments"
    )
    assert row["payments"] <= 1
    assert kept == (row["kept"] or 0)
    assert not [each["id"] for each in books.intents() if each["amount_received"] > each["amount"]]


@pytest.fixture
async def ledger(start_room: StartRoom, room_database: RoomDatabases, tmp_path: Path) -> AsyncIterator[Ledger]:
    async with start_room("payment", create_app) as client:
        own = client.room.resources
        yield Ledger(client, room_database, tmp_path)
        client.room.resources = own


_amounts = st.sampled_from(AMOUNTS)
_keys = st.sampled_from((None, None, "a", "b"))
_operations = st.one_of(
    st.tuples(st.just("authorize"), st.sampled_from(TOKENS)),
    st.tuples(st.just("capture")),
    st.tuples(st.just("take"), _amounts, _keys),
    st.tuples(st.just("take"), st.sampled_from(("10.00", "20.00")), st.none()),
    st.tuples(st.just("refund"), _amounts, _keys),
    st.tuples(st.just("refund"), _amounts, _keys),
    st.tuples(st.just("send_back"), st.integers(0, 3)),
    st.tuples(st.just("void")),
    st.tuples(st.just("deliver"), st.integers(0, 9), st.integers(1, 3)),
    st.tuples(st.just("work")),
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    token=st.sampled_from(TOKENS),
    rounds=st.lists(st.lists(_operations, min_size=1, max_size=4), min_size=1, max_size=6),
    faults=st.lists(st.sampled_from(FAULTS), max_size=12),
)
async def test_the_money_adds_up(ledger: Ledger, token: str, rounds: list[list[Operation]], faults: list[str]) -> None:
    await ledger.live(token, rounds, faults)


DECIDED: list[tuple[str, list[list[Operation]], list[str]]] = [
    ("the saga comes after staff", [[("take", "10.00", None)], [("capture",)]], []),
    ("the saga comes while the answer is open", [[("take", "10.00", None)], [("capture",)]], ["none", "lost before"]),
    ("the answer is lost", [[("take", "10.00", None)], [("take", "20.00", None)]], ["none", "lost after"]),
    ("it is refused, and the whole is taken", [[("take", "10.00", None)], [("capture",)]], ["none", "refused"]),
]


@pytest.mark.parametrize(("rounds", "faults"), [case[1:] for case in DECIDED], ids=[case[0] for case in DECIDED])
async def test_a_part_that_staff_decided_to_take_is_no_wrong_amount(
    ledger: Ledger, rounds: list[list[Operation]], faults: list[str]
) -> None:
    await ledger.live("tok_visa", rounds, faults)
    refused = "refused" in faults
    row = await DB.fetch_row("SELECT status, capture_amount, captured_amount FROM payments")
    expected = TOTAL if refused else Decimal("10.00")
    assert tuple(row) == ("completed", expected, expected)


@pytest.mark.parametrize(("status", "booked"), [("confirmed", []), ("cancelled", ["CANCELLED_NOT_REFUNDED"])])
async def test_what_the_bank_sent_back_is_a_finding_until_it_is_booked(
    ledger: Ledger, status: str, booked: list[str]
) -> None:
    """And of a cancelled order until it is given back again: its money is here."""
    async with ledger.life() as life:
        await life.authorize("tok_visa")
        await life.capture()
        await life.refund(None, None)
        await ledger.insert_order(life, status)
        assert await ledger.findings() == []
        await life.send_back(0)
        assert [found.code for found in await ledger.findings()] == ["BOOKS_DIFFER"]
        for index in range(len(life.mailbag.bodies)):
            await life.deliver(index, 2)
        assert [found.code for found in await ledger.findings()] == booked
        await life.refund(None, None)
        assert await ledger.findings() == []


@pytest.mark.parametrize("end", ["succeeded", "failed"])
async def test_a_refund_that_is_under_way_is_no_finding(ledger: Ledger, end: str) -> None:
    async with ledger.life() as life:
        await life.authorize("tok_visa")
        await life.capture()
        await ledger.insert_order(life, "confirmed")
        life.till.simulator.refund_state = "pending"
        await life.refund("10.00", None)
        assert await ledger.findings() == []
        (refund,) = life.till.simulator.books.refunds()
        life.till.simulator.end_refund(refund["id"], end)
        await life.work()
        assert await ledger.findings() == []
