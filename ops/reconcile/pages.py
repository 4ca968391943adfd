"""The rows of a statement in pages by key: no page costs more than another, however much there is."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any
from uuid import UUID

PAGE = 5_000
"""The most rows that one statement answers; the statements of a page are as many for one row as for all of them."""
_BEFORE_ALL = UUID(int=0)


async def pages(
    connection: Any, sql: str, *arguments: object, after: UUID | int = _BEFORE_ALL
) -> AsyncIterator[Sequence[Any]]:
    """What ``sql`` answers, in pages of ``PAGE`` rows, none of them empty; each page is a statement of its own.

    The statement's first column is the key, by which it sorts. Its last two parameters, after those for ``arguments``,
    are the key that all of a page's are greater than, at first ``after``, and the most rows of a page.
    """
    while rows := await connection.fetch(sql, *arguments, after, PAGE):
        yield rows
        after = rows[-1][0]
