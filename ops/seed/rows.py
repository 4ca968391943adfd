"""One table's worth of demo rows, made when they are asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

__all__ = ["Row", "Table"]

Row = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """``rows()`` streams tuples in the order of ``columns`` (names separated by blanks)."""

    room: str
    name: str
    columns: str
    expected: int
    """About how many rows there will be: for the progress bar only."""
    rows: Callable[[], Iterator[Row]]
