"""Two tools that are joined by a pipe."""

from __future__ import annotations

import asyncio
import sys
from asyncio.subprocess import PIPE

from ops.backup.tools import _END_OF_PREAMBLE, _pump


async def test_a_reader_that_has_ended_before_its_writer_is_left_alone() -> None:
    reader = await asyncio.create_subprocess_exec(sys.executable, "-c", "", stdout=PIPE)
    writer = await asyncio.create_subprocess_exec(sys.executable, "-c", "", stdin=PIPE)
    await asyncio.gather(reader.wait(), writer.wait())
    reader.stdout = asyncio.StreamReader()
    reader.stdout.feed_data(_END_OF_PREAMBLE + b"\n" + b"x" * 1_000_000)  # what it had said before
    reader.stdout.feed_eof()
    await _pump(reader, writer)
    assert (reader.returncode, writer.returncode) == (0, 0)
