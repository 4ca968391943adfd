"""The circuit breaker, with a subgraph and a clock of the test's."""

from __future__ import annotations

import asyncio

import pytest

from router.executor import (
    CircuitBreaker,
    CircuitLimits,
    Headers,
    SubgraphProtocolError,
    SubgraphResponse,
    SubgraphTimeout,
    SubgraphUnreachable,
    TransportError,
)

GOOD = SubgraphResponse(200, "application/json", b"{}")
AWAY = SubgraphResponse(503, "text/plain", b"")
REFUSED = SubgraphUnreachable("connection refused")


class Subgraph:
    def __init__(self) -> None:
        self.says: SubgraphResponse | TransportError = GOOD
        self.calls = 0
        self.closed = False
        self.waits: asyncio.Event | None = None

    async def post(self, body: bytes, headers: Headers, timeout: float) -> SubgraphResponse:  # noqa: ASYNC109
        self.calls += 1
        says = self.says
        if self.waits is not None:
            await self.waits.wait()
        if isinstance(says, TransportError):
            raise says
        return says

    async def aclose(self) -> None:
        self.closed = True


class Guarded:
    """A breaker that opens after three failures for two seconds, with a patience of five."""

    def __init__(self) -> None:
        self.now = 0.0
        self.subgraph = Subgraph()
        self.breaker = CircuitBreaker(self.subgraph, "people", CircuitLimits(3, 2.0, 5.0), lambda: self.now)

    async def ask(self, says: SubgraphResponse | TransportError, seconds: float = 5.0) -> str:
        """``called`` when what the subgraph says is what comes of it, ``refused`` when it was not asked."""
        self.subgraph.says = says
        before = self.subgraph.calls
        heard: SubgraphResponse | TransportError
        try:
            heard = await self.breaker.post(b"", (), seconds)
        except TransportError as error:
            heard = error
        if heard is says:
            return "called"
        assert self.subgraph.calls == before
        assert "left alone" in str(heard)
        return "refused"

    async def open(self) -> None:
        for _ in range(3):
            assert await self.ask(REFUSED) == "called"
        assert self.breaker.is_open


@pytest.mark.parametrize(
    "failure", [REFUSED, SubgraphTimeout("no answer"), AWAY, AWAY._replace(status=502), AWAY._replace(status=504)]
)
async def test_failures_in_a_row_open_it(failure: SubgraphResponse | TransportError) -> None:
    guarded = Guarded()
    assert [await guarded.ask(failure) for _ in range(5)] == ["called"] * 3 + ["refused"] * 2


async def test_an_answer_between_failures_keeps_it_closed() -> None:
    guarded = Guarded()
    for _ in range(4):
        assert [await guarded.ask(says) for says in (REFUSED, REFUSED, GOOD)] == ["called"] * 3


@pytest.mark.parametrize(
    "answer", [GOOD, GOOD._replace(status=500), GOOD._replace(status=404), SubgraphProtocolError("too large")]
)
async def test_whoever_answers_is_there(answer: SubgraphResponse | TransportError) -> None:
    guarded = Guarded()
    assert [await guarded.ask(answer) for _ in range(8)] == ["called"] * 8
    await guarded.open()
    guarded.now = 2.0
    assert await guarded.ask(answer) == "called"
    assert not guarded.breaker.is_open


async def test_a_timeout_of_a_call_that_had_little_time_left_says_nothing() -> None:
    guarded = Guarded()
    assert [await guarded.ask(SubgraphTimeout("no answer"), 0.1) for _ in range(8)] == ["called"] * 8


async def test_one_call_at_a_time_tries_again() -> None:
    guarded = Guarded()
    await guarded.open()
    for now, expected in [(1.9, "refused"), (2.0, "called"), (2.1, "refused"), (3.9, "refused"), (4.0, "called")]:
        guarded.now = now
        assert await guarded.ask(REFUSED) == expected
    guarded.now = 6.0
    assert [await guarded.ask(GOOD) for _ in range(3)] == ["called"] * 3
    assert [await guarded.ask(REFUSED) for _ in range(4)] == ["called"] * 3 + ["refused"]


async def test_the_others_are_refused_while_one_tries() -> None:
    guarded = Guarded()
    await guarded.open()
    guarded.now = 2.0
    guarded.subgraph.waits = asyncio.Event()
    trying = asyncio.create_task(guarded.ask(GOOD))
    await asyncio.sleep(0)
    assert [await guarded.ask(GOOD) for _ in range(3)] == ["refused"] * 3
    guarded.subgraph.waits.set()
    assert await trying == "called"
    assert not guarded.breaker.is_open


async def test_a_call_that_is_given_up_while_it_tries_leaves_the_turn_to_the_next() -> None:
    guarded = Guarded()
    await guarded.open()
    guarded.now = 2.0
    guarded.subgraph.waits = asyncio.Event()
    trying = asyncio.create_task(guarded.ask(GOOD))
    await asyncio.sleep(0)
    trying.cancel()
    with pytest.raises(asyncio.CancelledError):
        await trying
    guarded.subgraph.waits = None
    assert await guarded.ask(GOOD) == "refused"
    guarded.now = 4.0
    assert await guarded.ask(GOOD) == "called"


async def test_calls_that_began_before_it_opened_count_too() -> None:
    """Fifty at once find out together; a late answer among them closes it."""
    guarded = Guarded()
    guarded.subgraph.waits = asyncio.Event()
    failing = [asyncio.create_task(guarded.ask(REFUSED)) for _ in range(50)]
    await asyncio.sleep(0)
    late = asyncio.create_task(guarded.ask(GOOD))
    await asyncio.sleep(0)
    guarded.subgraph.waits.set()
    await asyncio.gather(*failing)
    assert await late == "called"
    assert not guarded.breaker.is_open


async def test_it_says_what_it_does(caplog: pytest.LogCaptureFixture) -> None:
    guarded = Guarded()
    caplog.set_level("INFO")
    await guarded.open()
    guarded.now = 2.0
    await guarded.ask(REFUSED)
    guarded.now = 4.0
    await guarded.ask(GOOD)
    assert caplog.messages == [
        "subgraph people is left alone after 3 failures: connection refused",
        "subgraph people answers again",
    ]
    await guarded.breaker.aclose()
    assert guarded.subgraph.closed
