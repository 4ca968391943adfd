"""The provider's books in SQLite: what it knows must outlive the process that serves it, as a real provider's does."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

_SCHEMA = """
CREATE TABLE IF NOT EXISTS intents (id TEXT PRIMARY KEY, attempt TEXT, body TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS intents_attempt ON intents (attempt);
CREATE TABLE IF NOT EXISTS cards (id TEXT PRIMARY KEY, attached INT NOT NULL);
CREATE TABLE IF NOT EXISTS refunds (id TEXT PRIMARY KEY, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS answers (key TEXT PRIMARY KEY, digest TEXT NOT NULL, status INT NOT NULL, body BLOB);
"""


class Books:
    """One writer's view; nothing written is kept before ``commit``."""

    def __init__(self, path: Path | None = None) -> None:
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
        self._file = sqlite3.connect(path or ":memory:")
        self._file.executescript(f"PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; {_SCHEMA}")

    def intent(self, intent_id: str) -> dict[str, Any] | None:
        return self._body("SELECT body FROM intents WHERE id = ?", intent_id)

    def intent_of_attempt(self, attempt: str) -> dict[str, Any] | None:
        return self._body("SELECT body FROM intents WHERE attempt = ?", attempt)

    def intents(self) -> list[dict[str, Any]]:
        """All of them, for audits."""
        return [json.loads(row[0]) for row in self._file.execute("SELECT body FROM intents ORDER BY id")]

    def put_intent(self, intent: dict[str, Any]) -> None:
        attempt = (intent.get("metadata") or {}).get("attempt_id")
        self._file.execute(
            "INSERT OR REPLACE INTO intents (id, attempt, body) VALUES (?, ?, ?)",
            (intent["id"], attempt, json.dumps(intent)),
        )

    def refund(self, refund_id: str) -> dict[str, Any] | None:
        return self._body("SELECT body FROM refunds WHERE id = ?", refund_id)

    def refunds(self) -> list[dict[str, Any]]:
        """All of them, for audits, in the order they were asked for."""
        return [json.loads(row[0]) for row in self._file.execute("SELECT body FROM refunds ORDER BY rowid")]

    def refunds_of(self, intent_id: str) -> list[dict[str, Any]]:
        """The refunds of an intent, latest first."""
        rows = self._file.execute(
            "SELECT body FROM refunds WHERE json_extract(body, '$.payment_intent') = ? ORDER BY rowid DESC",
            (intent_id,),
        )
        return [json.loads(row[0]) for row in rows]

    def put_refund(self, refund: dict[str, Any]) -> None:
        self._file.execute(
            "INSERT INTO refunds (id, body) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET body = excluded.body",
            (refund["id"], json.dumps(refund)),
        )

    def is_attached(self, card_id: str) -> bool | None:
        """Whether the card belongs to a customer; None when it never did."""
        row = self._file.execute("SELECT attached FROM cards WHERE id = ?", (card_id,)).fetchone()
        return None if row is None else bool(row[0])

    def attached_cards(self) -> list[str]:
        """Those that belong to a customer, for audits."""
        return [row[0] for row in self._file.execute("SELECT id FROM cards WHERE attached ORDER BY id")]

    def put_card(self, card_id: str, *, attached: bool) -> None:
        self._file.execute("INSERT OR REPLACE INTO cards (id, attached) VALUES (?, ?)", (card_id, attached))

    def answer(self, key: str) -> tuple[str, int, bytes] | None:
        """Digest of the request, status and body of the answer that was given under this key."""
        found: tuple[str, int, bytes] | None = self._file.execute(
            "SELECT digest, status, body FROM answers WHERE key = ?", (key,)
        ).fetchone()
        return found

    def put_answer(self, key: str, digest: str, status: int, body: bytes) -> None:
        self._file.execute(
            "INSERT INTO answers (key, digest, status, body) VALUES (?, ?, ?, ?)", (key, digest, status, body)
        )

    def forget_answers(self) -> None:
        """As a provider does that keeps keys for a day."""
        self._file.execute("DELETE FROM answers")

    def commit(self) -> None:
        self._file.commit()

    def close(self) -> None:
        self._file.close()

    def _body(self, sql: str, key: str) -> dict[str, Any] | None:
        row = self._file.execute(sql, (key,)).fetchone()
        return None if row is None else json.loads(row[0])
