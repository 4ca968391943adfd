"""Create provider_messages: every webhook that arrived, once per event, and what was refused (D47)."""

from subgraphs.kernel.ddl import comments, touch_trigger
from subgraphs.kernel.migrations import sql_migration

ID = "payment_0012_create_provider_messages"
VERSION = "1.38.0"
DESCRIPTION = "Create provider messages: deduplicated webhooks and refused ones"

FORWARDS = (
    """
    CREATE TABLE provider_messages (
        id uuid NOT NULL DEFAULT gen_random_uuid(),
        provider varchar(50) NOT NULL,
        event_id varchar(255),
        event_type varchar(100),
        outcome varchar(20) NOT NULL,
        body_hash varchar(64) NOT NULL,
        sender varchar(255),
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT provider_messages_pkey PRIMARY KEY (id),
        CONSTRAINT provider_messages_event_id_key UNIQUE (provider, event_id),
        CONSTRAINT provider_messages_outcome_check
            CHECK (outcome IN ('applied', 'ignored', 'forged', 'stale', 'malformed')),
        CONSTRAINT provider_messages_event_id_check
            CHECK ((outcome IN ('applied', 'ignored')) = (event_id IS NOT NULL))
    )
    """,
    """
    CREATE INDEX idx_provider_messages_refused ON provider_messages (created_at)
        WHERE outcome IN ('forged', 'stale', 'malformed')
    """,
    touch_trigger("provider_messages"),
    *comments(
        "provider_messages",
        "Messages of payment providers: the inbox that makes repetitions harmless, and the log of refused ones",
        {
            "id": "Primary key",
            "provider": "Name of the payment provider",
            "event_id": "The provider's identity of the event; null for a refused message",
            "event_type": "The provider's name of what happened",
            "outcome": "applied, ignored (nothing here to change), forged, stale or malformed",
            "body_hash": "SHA-256 of the body, to compare with the provider's log",
            "sender": "Address that a refused message came from",
            "created_at": "When it first arrived",
            "updated_at": "Last change, kept by trigger",
        },
    ),
)

BACKWARDS = ("DROP TABLE provider_messages",)


async def forwards():
    return sql_migration(ID, "payment", DESCRIPTION, FORWARDS, BACKWARDS)
