"""Keyset pagination: opaque cursors, page limits, and the SQL fragments of a sort order (S-118, D42).

A sort order is a :class:`Keyset` over SQL expressions, always ending in a unique one::

    NEWEST = Keyset("NEWEST", (Column("created_at", dt.datetime, descending=True), Column("id", UUID, descending=True)))
    request = page_request(NEWEST, principal, first=first, after=after)
    where, arguments = request.where(next_parameter=2)      # "(created_at, id) < ($2, $3)", (moment, uuid)
    rows = await DB.fetch(
        f"SELECT ... WHERE user_id = $1 AND {where} ORDER BY {request.order_by} LIMIT {request.limit}", user, *arguments
    )
    page = request.page(rows, key=lambda row: (row["created_at"], row["id"]))

Cursors (`cursors.py`) carry the sort's name and the row's sort values; a cursor of another sort is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from subgraphs.kernel import cursors
from subgraphs.kernel.identity import Principal
from subgraphs.kernel.refusals import Invalid
from subgraphs.kernel.shared_types import PageInfo

MAX_FIRST = 100
MAX_FIRST_STAFF = 250

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Column:
    """One sort key: an SQL expression (a constant of the code), the Python type of its values, its direction."""

    sql: str
    type: type
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Keyset:
    """A named total order."""

    name: str
    columns: tuple[Column, ...]

    def order_by(self, *, backwards: bool = False) -> str:
        """``a DESC, b DESC``; reversed when paging backwards."""
        return ", ".join(
            f"{column.sql} {'DESC' if column.descending != backwards else 'ASC'}" for column in self.columns
        )

    def beyond(self, next_parameter: int, *, backwards: bool = False) -> str:
        """The condition for rows behind the cursor whose values are parameters ``$next_parameter`` and following."""
        directions = {column.descending != backwards for column in self.columns}
        parameters = [f"${next_parameter + index}" for index in range(len(self.columns))]
        if len(directions) == 1:
            operator = "<" if directions.pop() else ">"
            return f"({', '.join(column.sql for column in self.columns)}) {operator} ({', '.join(parameters)})"
        alternatives = []
        for index, column in enumerate(self.columns):
            equal = [f"{self.columns[before].sql} = {parameters[before]}" for before in range(index)]
            operator = "<" if column.descending != backwards else ">"
            alternatives.append(" AND ".join([*equal, f"{column.sql} {operator} {parameters[index]}"]))
        return "(" + " OR ".join(f"({alternative})" for alternative in alternatives) + ")"

    def encode(self, values: Sequence[object]) -> str:
        """The cursor of a row with these sort values."""
        return cursors.encode(self.name, values)

    def decode(self, cursor: str, *, path: str = "after") -> tuple[Any, ...]:
        """The sort values of a cursor; raises Invalid ``INVALID_CURSOR`` or ``CURSOR_OF_ANOTHER_SORT``."""
        try:
            values = cursors.decode(cursor, self.name, [column.type for column in self.columns])
        except cursors.BadCursor as error:
            raise Invalid("The cursor is not one of this list.", code="INVALID_CURSOR", path=[path]) from error
        if values is None:
            raise Invalid("The cursor belongs to another sort order.", code="CURSOR_OF_ANOTHER_SORT", path=[path])
        return values


@dataclass(frozen=True, slots=True)
class Edge(Generic[T]):
    cursor: str
    node: T


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page of rows in the list's own order."""

    edges: list[Edge[T]]
    has_next: bool
    has_previous: bool

    @property
    def nodes(self) -> list[T]:
        return [edge.node for edge in self.edges]

    @property
    def info(self) -> PageInfo:
        return PageInfo(
            has_next_page=self.has_next,
            has_previous_page=self.has_previous,
            start_cursor=self.edges[0].cursor if self.edges else None,
            end_cursor=self.edges[-1].cursor if self.edges else None,
        )


@dataclass(frozen=True, slots=True)
class PageRequest:
    """A validated request for one page; hashable, so it can be part of a loader key."""

    keyset: Keyset
    size: int
    position: tuple[Any, ...] | None = None  # sort values of the cursor
    backwards: bool = False

    @property
    def limit(self) -> int:
        """One row more than asked for, which tells whether there is a further page."""
        return self.size + 1

    @property
    def order_by(self) -> str:
        return self.keyset.order_by(backwards=self.backwards)

    def where(self, next_parameter: int) -> tuple[str, tuple[Any, ...]]:
        """SQL condition and its arguments; ``TRUE`` and none on the first page."""
        if self.position is None:
            return "TRUE", ()
        return self.keyset.beyond(next_parameter, backwards=self.backwards), self.position

    def page(self, rows: Sequence[T], key: Callable[[T], Sequence[object]]) -> Page[T]:
        """The page from at most ``limit`` rows in ``order_by`` order; ``key`` gives a row's sort values."""
        more = len(rows) > self.size
        kept = list(rows[: self.size])
        if self.backwards:
            kept.reverse()
        edges = [Edge(self.keyset.encode(key(row)), row) for row in kept]
        if self.backwards:
            return Page(edges, has_next=self.position is not None, has_previous=more)
        return Page(edges, has_next=more, has_previous=self.position is not None)


def page_request(
    keyset: Keyset,
    principal: Principal,
    *,
    first: int | None = None,
    after: str | None = None,
    last: int | None = None,
    before: str | None = None,
    default: int = 20,
) -> PageRequest:
    """Validate pagination arguments; raises Invalid ``PAGE_SIZE_OUT_OF_RANGE``, ``INVALID_CURSOR`` and the like."""
    if (first is not None or after is not None) and (last is not None or before is not None):
        raise Invalid("Use first/after or last/before, not both.", code="PAGE_DIRECTIONS_MIXED")
    backwards = last is not None or before is not None
    size = check_limit(last if backwards else first, principal, default=default, path="last" if backwards else "first")
    cursor = before if backwards else after
    position = keyset.decode(cursor, path="before" if backwards else "after") if cursor else None
    return PageRequest(keyset, size, position, backwards)


def check_limit(value: int | None, principal: Principal, *, default: int, path: str = "first") -> int:
    """A list length: 1 to 100, or 250 for staff; raises Invalid ``PAGE_SIZE_OUT_OF_RANGE``."""
    maximum = MAX_FIRST_STAFF if principal.scopes or principal.kind == "service" else MAX_FIRST
    size = default if value is None else value
    if not 1 <= size <= maximum:
        raise Invalid(f"{path} must be between 1 and {maximum}.", code="PAGE_SIZE_OUT_OF_RANGE", path=[path])
    return size
