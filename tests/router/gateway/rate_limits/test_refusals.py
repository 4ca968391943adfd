"""What is known of a refusal, by a clock that the test sets."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from router.gateway.rate_limits.refusals import Refusals

SECOND = 1_000_000


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@given(
    start=st.floats(0, 1e7),
    wait=st.integers(1, 86_400 * SECOND),
    passed=st.floats(0, 3, allow_subnormal=False),
)
def test_nobody_is_refused_longer_than_redis_would_nor_told_less(start: float, wait: int, passed: float) -> None:
    clock = Clock()
    clock.now = start
    refusals = Refusals(clock)
    assert refusals.wait("a") == 0
    refusals.note("a", wait)
    clock.now = start + passed
    left = wait - passed * SECOND
    found = refusals.wait("a")
    if passed >= 1 + 1e-6 or left <= -10:
        assert found == 0
    elif passed <= 1 - 1e-6 and left >= 10:
        assert abs(found - left) <= 10  # of the clock's own rounding
    assert refusals.wait("b") == 0
