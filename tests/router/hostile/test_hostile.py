"""Whatever is sent: an answer as GraphQL over HTTP has it, no 5xx, no traceback, no memory kept, the next is served.

``STOA_LONG=1 pytest tests/router/hostile`` (or ``make robust``) sends 30 000 instead of some hundreds;
``HOSTILE_SEED`` and ``HOSTILE_CASES`` choose others.
"""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import Iterator
from pathlib import Path

from tests.router.hostile.clients import converse, exchange
from tests.router.hostile.judge import problems
from tests.router.hostile.messages import Message, message
from tests.router.hostile.sockets import conversation
from tests.router.hostile.village import Router, serving

LONG = "STOA_LONG" in os.environ
SEED = int(os.environ.get("HOSTILE_SEED", "1"))
CASES = int(os.environ.get("HOSTILE_CASES", "30000" if LONG else "300"))
AT_ONCE = 4
MEMORY = 150_000_000
"""What the largest bodies, four at once, and full caches may add to the process."""
GOOD = Message(
    b"POST", b"/graphql", [(b"host", b"x"), (b"content-type", b"application/json"), (b"content-length", b"41")],
    [b'{"query":"{ person(id: 1) { name id } }"}'],
)  # fmt: skip


async def test_whatever_is_sent(tmp_path: Path) -> None:
    async with serving(tmp_path) as router:
        await exchange(router.port, GOOD)
        before = router.rss
        found: list[str] = []
        seeds = iter(range(SEED * 1_000_000, SEED * 1_000_000 + CASES))
        await asyncio.gather(*(_send_all(router, seeds, found) for _ in range(AT_ONCE)))
        log = router.log
        grown = router.rss - before
        assert not found, f"{len(found)} findings:\n" + "\n".join(found[:30])
        assert "Traceback" not in log
        assert '"exception"' not in log
        assert router.process.returncode is None
        assert grown < MEMORY, f"{grown} bytes more than before"


async def _send_all(router: Router, seeds: Iterator[int], found: list[str]) -> None:
    for seed in seeds:
        draw = random.Random(seed)  # noqa: S311 - no secrets are drawn
        try:
            if seed % 10 == 9:
                wrong = await converse(router.port, conversation(draw))
            else:
                sent = message(draw)
                wrong = [*problems(sent, await exchange(router.port, sent))]
            good = await exchange(router.port, GOOD)
        except Exception as error:
            found.append(f"seed {seed}: {error!r}")
            if router.process.returncode is not None:
                return
            continue
        if good is None or good.body != b'{"data":{"person":{"name":"Ada","id":"1"}}}':
            wrong.append(f"a good request is answered {good and good.body!r}")
        found += [f"seed {seed}: {problem}" for problem in wrong]
        if LONG and seed % 1_000 == 999:
            print(f"until seed {seed}: {len(found)} findings, {router.rss / 1e6:.0f} MB", flush=True)
