"""What the provider's books say of the money: the simulator's file, read in pages of payment intents."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson

from ops.reconcile import facts
from subgraphs.kernel.identifiers import uuid_or_none
from subgraphs.payment.intents import major_units


@dataclass(frozen=True, slots=True)
class Intent:
    """What the provider holds, took and gave back for one attempt, as far as it says for which."""

    id: str
    attempt_id: UUID | None
    held: bool
    received: Decimal
    returned: Decimal


def intents(books: Path) -> Iterator[list[Intent]]:
    """All intents, in pages by id; nothing is written, and nothing stays locked between two pages."""
    with closing(sqlite3.connect(f"file:{books}?mode=ro", uri=True)) as file:
        after = ""
        while rows := file.execute(
            "SELECT id, body FROM intents WHERE id > ? ORDER BY id LIMIT ?", (after, facts.PAGE)
        ).fetchall():
            yield [_intent(orjson.loads(body)) for _, body in rows]
            after = rows[-1][0]


def _intent(body: Mapping[str, Any]) -> Intent:
    return Intent(
        body["id"],
        uuid_or_none(body["metadata"].get("attempt_id")),
        body["status"] == "requires_capture",
        major_units(body["amount_received"], body["currency"]),
        major_units(body["amount_refunded"], body["currency"]),
    )
