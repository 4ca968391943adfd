"""On whose behalf statements run: what the audit trail knows of a change beyond the change itself (D08)."""

from __future__ import annotations

import contextvars
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Acting:
    """Who caused the current work: a person, or nobody when a service or an event did; and in which request."""

    actor_id: UUID | None
    request_id: str


acting: contextvars.ContextVar[Acting | None] = contextvars.ContextVar("acting", default=None)


@contextmanager
def acting_as(actor_id: UUID | None, request_id: str) -> Iterator[None]:
    """``with acting_as(user, request):`` changes made inside are theirs in ``audit_log``."""
    token = acting.set(Acting(actor_id, request_id[:100]))
    try:
        yield
    finally:
        acting.reset(token)
