"""The script as Redis runs it, against the same rule in Python: random requests at random times."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import pytest
import redis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from router.gateway.rate_limits.script import SCRIPT

SECOND = 1_000_000
# Intervals of minutes: what Redis forgets by its own clock is over by the test's clock, too.
INTERVALS = st.integers(60 * SECOND, 3600 * SECOND)
KEYS = ("a", "b", "c")


@dataclass
class Limits:
    """GCRA by its definition, for one clock."""

    interval: dict[str, int]
    operations: dict[str, int]
    spent: dict[str, int] = field(default_factory=dict)

    def ask(self, now: int, costs: dict[str, int]) -> list[int]:
        after, waits = {}, []
        for key, cost in costs.items():
            burst = self.interval[key] * self.operations[key]
            before = min(max(self.spent.get(key, now), now), now + burst)
            after[key] = before + cost * self.interval[key]
            waits.append(after[key] - now - burst)
        if max(waits) <= 0:
            self.spent |= after
        return waits


class Script:
    """The script with a clock that the test sets."""

    def __init__(self, store: redis.Redis) -> None:
        assert SCRIPT.count("redis.call('TIME')") == 1
        self._store = store
        self._script = store.register_script(
            SCRIPT.replace("redis.call('TIME')", "redis.call('LRANGE', 'clock', 0, -1)")
        )

    def ask(self, limits: Limits, now: int, requests: Sequence[dict[str, int]]) -> list[int]:
        self._store.delete("clock")
        self._store.rpush("clock", now // SECOND, now % SECOND)
        keys, arguments = [], []
        for costs in requests:
            arguments.append(len(costs))
            for key, cost in costs.items():
                keys.append(f"rate:{key}")
                arguments += [limits.interval[key], limits.interval[key] * limits.operations[key], cost]
        waits: list[int] = self._script(keys, arguments)
        return waits


@pytest.fixture
def store(redis_url: str) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(redis_url) as client:
        yield client


REQUEST = st.dictionaries(st.sampled_from(KEYS), st.integers(1, 4), min_size=1)
STEPS = st.lists(
    st.tuples(
        st.one_of(st.just(0), st.integers(0, 3), st.integers(-90 * SECOND, 4000 * SECOND)),
        st.lists(REQUEST, min_size=1, max_size=4),
    ),
    max_size=25,
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    intervals=st.tuples(INTERVALS, INTERVALS, INTERVALS),
    operations=st.tuples(*[st.integers(1, 6)] * 3),
    start=st.integers(0, 2**52),
    steps=STEPS,
)
def test_it_is_gcra(
    store: redis.Redis,
    intervals: tuple[int, ...],
    operations: tuple[int, ...],
    start: int,
    steps: list[tuple[int, list[dict[str, int]]]],
) -> None:
    """Also when the clock stands still or is set back; requests of one question are counted in their order."""
    store.flushdb()
    script = Script(store)
    limits = Limits(dict(zip(KEYS, intervals, strict=True)), dict(zip(KEYS, operations, strict=True)))
    now = start
    for passed, requests in steps:
        now = max(0, now + passed)
        expected = [wait for costs in requests for wait in limits.ask(now, costs)]
        assert script.ask(limits, now, requests) == expected
    kept = {key: int(value) for key in KEYS if (value := store.get(f"rate:{key}")) is not None}
    assert kept == limits.spent


def test_whoever_waits_as_long_as_told_is_admitted_and_not_before(store: redis.Redis) -> None:
    script = Script(store)
    limits = Limits({"a": 20 * SECOND}, {"a": 3})
    now = 1_800_000_000 * SECOND
    assert script.ask(limits, now, [{"a": 1}] * 3) == [-40 * SECOND, -20 * SECOND, 0]
    (wait,) = script.ask(limits, now, [{"a": 1}])
    assert wait == 20 * SECOND
    assert script.ask(limits, now + wait - 1, [{"a": 1}]) == [1]
    assert script.ask(limits, now + wait, [{"a": 1}]) == [0]
    assert script.ask(limits, now + wait + 60 * SECOND, [{"a": 3}]) == [0]  # a window later all is there again


def test_keys_are_forgotten_when_they_say_nothing_any_more(store: redis.Redis) -> None:
    register = store.register_script(SCRIPT)
    assert register(["rate:a"], [1, 60 * SECOND, 600 * SECOND, 2]) == [-480 * SECOND]
    assert 0 < store.pttl("rate:a") <= 120_000  # what two operations take
    register(["rate:a"], [1, 60 * SECOND, 600 * SECOND, 9])
    assert 0 < store.pttl("rate:a") <= 120_000  # a refused request changes nothing
