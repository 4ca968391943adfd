"""Stores that fail at the k-th call of a request: the drivers of PostgreSQL and Redis, below everything of ours.

``with breaking(3, Fault.LOST) as plan:`` lets the third call fail that any room in this process makes, BEGIN and COMMIT
counted, and ``plan.calls`` says afterwards what was called. What a pool does to make a connection ready is not counted.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

import asyncpg
import pytest
from redis.asyncio import Redis
from redis.asyncio.client import Pipeline
from redis.exceptions import ConnectionError as RedisConnectionError


class Fault(Enum):
    """How a call fails."""

    LOST = "the connection ends before the call"
    REFUSED = "the server refuses the statement, and the connection lives"
    UNHEARD = "the call is carried out, and the connection ends before the answer"
    STRANGE = "the driver itself breaks, in a way that it does not declare"
    BROKEN = "a statement that changes something breaks a constraint, as when another was faster"


@dataclass(frozen=True, slots=True)
class Call:
    """One call, and the database it goes to; ``durable``: what it does stays done when everything after it fails."""

    text: str
    place: str
    durable: bool


@dataclass(slots=True)
class Plan:
    """Which call is to fail, and the calls so far."""

    at: int
    fault: Fault
    calls: list[Call] = field(default_factory=list)

    @property
    def fired(self) -> bool:
        return len(self.calls) >= self.at


_plan: Plan | None = None
_REFUSAL = "DO $$ BEGIN RAISE EXCEPTION 'refused by a test' USING ERRCODE = '{}', CONSTRAINT = 'a_secret'; END $$"
_VIOLATIONS = ("unique_violation", "foreign_key_violation", "check_violation", "not_null_violation")
_STATEMENTS = ("execute", "executemany", "fetch", "fetchrow", "fetchval")


@contextmanager
def breaking(at: int, fault: Fault) -> Iterator[Plan]:
    """Break the call of this number, counted from 1; of one request at a time."""
    global _plan
    _plan = Plan(at, fault)
    try:
        yield _plan
    finally:
        _plan = None


@pytest.fixture
def breakable_stores(monkeypatch: pytest.MonkeyPatch) -> None:
    """What ``breaking`` needs."""
    send = asyncpg.connection.Connection.execute
    for name in _STATEMENTS:
        monkeypatch.setattr(
            asyncpg.connection.Connection, name, _statement(getattr(asyncpg.connection.Connection, name), send)
        )
    monkeypatch.setattr(Redis, "execute_command", _command(Redis.execute_command))
    monkeypatch.setattr(Pipeline, "execute", _command(Pipeline.execute))


def _statement(real: Callable[..., Awaitable[Any]], send: Callable[..., Awaitable[Any]]) -> Any:
    async def call(self: Any, query: str, *arguments: Any, **options: Any) -> Any:
        plan = _plan
        if plan is None or query.startswith("ROLLBACK") or query == self.get_reset_query():
            return await real(self, query, *arguments, **options)
        plan.calls.append(Call(query, self._params.database, _is_durable(self, query)))
        if len(plan.calls) != plan.at:
            return await real(self, query, *arguments, **options)
        if plan.fault is Fault.STRANGE:
            raise RuntimeError("the driver was broken by a test")
        if plan.fault is Fault.REFUSED:
            await send(self, _REFUSAL.format("query_canceled"))
        if plan.fault is Fault.BROKEN:
            if not is_change(query):
                return await real(self, query, *arguments, **options)
            await send(self, _REFUSAL.format(_VIOLATIONS[plan.at % len(_VIOLATIONS)]))
        if plan.fault is Fault.UNHEARD:
            await real(self, query, *arguments, **options)
        self.terminate()
        raise asyncpg.ConnectionDoesNotExistError("the connection was ended by a test")

    return call


def is_change(query: str) -> bool:
    """Whether a statement writes rows, and so may break a constraint."""
    return re.match(r"\s*(WITH\b.*\b)?(INSERT INTO|UPDATE|DELETE FROM)\b", query, re.DOTALL) is not None


def _is_durable(connection: Any, query: str) -> bool:
    """A commit, or a change on its own."""
    if connection.is_in_transaction():
        return query.startswith("COMMIT")
    return not query.lstrip().startswith(("BEGIN", "SELECT"))


def _command(real: Callable[..., Awaitable[Any]]) -> Any:
    async def call(self: Any, *arguments: Any, **options: Any) -> Any:
        plan = _plan
        if plan is None:
            return await real(self, *arguments, **options)
        plan.calls.append(Call(f"redis {arguments[:1]}", "redis", durable=True))
        if len(plan.calls) != plan.at:
            return await real(self, *arguments, **options)
        if plan.fault is Fault.STRANGE:
            raise RuntimeError("the driver was broken by a test")
        if plan.fault is Fault.BROKEN:
            return await real(self, *arguments, **options)
        if plan.fault is Fault.UNHEARD:
            await real(self, *arguments, **options)
        raise RedisConnectionError("the connection was ended by a test")

    return call
