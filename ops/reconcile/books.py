"""What the provider's books say of the money: the simulator's file, read in pages of payment intents."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson

from ops.reconcile import pages
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
    pending: Decimal = Decimal(0)  # what of the returned is under way still, and may come back


def intents(books: Path) -> Iterator[list[Intent]]:
    """All intents, in pages by id; nothing is written, and nothing stays locked between two pages."""
    with closing(sqlite3.connect(f"file:{books}?mode=ro", uri=True)) as file:
        after = ""
        while rows := file.execute(
            "SELECT id, body FROM intents WHERE id > ? ORDER BY id LIMIT ?", (after, pages.PAGE)
        ).fetchall():
            found = [orjson.loads(body) for _, body in rows]
            pending = _pending(file, [body["id"] for body in found])
            yield [_intent(body, pending.get(body["id"], 0)) for body in found]
            after = rows[-1][0]


def _pending(file: sqlite3.Connection, intent_ids: Sequence[str]) -> dict[str, int]:
    """Minor units that are under way back, by intent; refunds that are under way are few."""
    return dict(
        file.execute(
            """
            SELECT json_extract(body, '$.payment_intent') AS intent, sum(json_extract(body, '$.amount')) FROM refunds
            WHERE json_extract(body, '$.status') = 'pending' AND intent BETWEEN ? AND ? GROUP BY intent
            """,
            (intent_ids[0], intent_ids[-1]),
        )
    )


def _intent(body: Mapping[str, Any], pending: int) -> Intent:
    return Intent(
        body["id"],
        uuid_or_none(body["metadata"].get("attempt_id")),
        body["status"] == "requires_capture",
        major_units(body["amount_received"], body["currency"]),
        major_units(body["amount_refunded"], body["currency"]),
        major_units(pending, body["currency"]),
    )
