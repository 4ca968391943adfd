"""Messages of payment providers: the inbox that makes repetitions harmless, and the log of refused ones."""

from __future__ import annotations

from subgraphs.payment.tables import DB


async def first_time(provider: str, event_id: str, event_type: str, body_hash: str) -> bool:
    """Enter the event into the inbox; False when it is there. Waits for a transaction that is entering it right now."""
    return (
        await DB.execute(
            """
        INSERT INTO provider_messages (provider, event_id, event_type, outcome, body_hash)
        VALUES ($1, $2, $3, 'applied', $4) ON CONFLICT (provider, event_id) DO NOTHING
        """,
            provider,
            event_id,
            event_type,
            body_hash,
        )
        == 1
    )


async def mark_ignored(provider: str, event_id: str) -> None:
    """The event changes nothing here."""
    await DB.execute(
        "UPDATE provider_messages SET outcome = 'ignored' WHERE provider = $1 AND event_id = $2", provider, event_id
    )


async def insert_refused(provider: str, outcome: str, body_hash: str, sender: str | None) -> None:
    """Keep a trace of a message that was refused.

    Anybody can send junk: one row tells of the first such message of a minute, and how many came.
    """
    await DB.execute(
        """
        INSERT INTO provider_messages AS m (provider, outcome, body_hash, sender, minute)
        VALUES ($1, $2, $3, $4, date_trunc('minute', now(), 'UTC'))
        ON CONFLICT (provider, outcome, minute) WHERE minute IS NOT NULL DO UPDATE SET times = m.times + 1
        """,
        provider,
        outcome,
        body_hash,
        sender,
    )
