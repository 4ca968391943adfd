"""SQL of the tables that every database has: outbox, inbox, idempotency keys, dead letters, audit log (D08, D47).

Each constant is a tuple of statements for a migration's FORWARDS, with its ``DROP_*`` twin for BACKWARDS. Released
constants are frozen, as the migrations that use them are (S-054): a change is a new constant for a new migration.
"""

from __future__ import annotations

from collections.abc import Mapping

TOUCH_FUNCTION = (
    """
    CREATE FUNCTION touch_updated_at() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        NEW.updated_at := now();
        RETURN NEW;
    END
    $$
    """,
    "COMMENT ON FUNCTION touch_updated_at() IS 'Keeps updated_at true under any UPDATE'",
)
DROP_TOUCH_FUNCTION = ("DROP FUNCTION IF EXISTS touch_updated_at()",)

REFUSE_UPDATE_FUNCTION = (
    """
    CREATE FUNCTION refuse_update() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'table % is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
    END
    $$
    """,
    "COMMENT ON FUNCTION refuse_update() IS 'Makes a table append-only'",
)
DROP_REFUSE_UPDATE_FUNCTION = ("DROP FUNCTION IF EXISTS refuse_update()",)

BASE_FUNCTIONS = (*TOUCH_FUNCTION, *REFUSE_UPDATE_FUNCTION)
DROP_BASE_FUNCTIONS = (*DROP_REFUSE_UPDATE_FUNCTION, *DROP_TOUCH_FUNCTION)


def touch_trigger(table: str) -> str:
    """The trigger that maintains ``updated_at`` of one table (D03); named ``<table>_touch_updated_at``."""
    return (
        f"CREATE TRIGGER {table}_touch_updated_at BEFORE UPDATE ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION touch_updated_at()"
    )


def append_only_trigger(table: str) -> str:
    """The trigger that forbids UPDATE on a table without ``updated_at`` (D03); named ``<table>_refuse_update``."""
    return (
        f"CREATE TRIGGER {table}_refuse_update BEFORE UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION refuse_update()"
    )


def comments(table: str, description: str, columns: Mapping[str, str]) -> tuple[str, ...]:
    """``COMMENT ON`` statements for a table and its columns (S-129)."""
    return (
        f"COMMENT ON TABLE {table} IS {_literal(description)}",
        *(f"COMMENT ON COLUMN {table}.{column} IS {_literal(text)}" for column, text in columns.items()),
    )


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


_TIMES = {"created_at": "When the row was written", "updated_at": "When the row last changed; kept by trigger"}

OUTBOX = (
    """
    CREATE TABLE outbox (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        event_id uuid NOT NULL DEFAULT gen_random_uuid(),
        type varchar(100) NOT NULL,
        version integer NOT NULL DEFAULT 1,
        aggregate varchar(150) NOT NULL,
        occurred_at timestamptz NOT NULL DEFAULT now(),
        traceparent varchar(100),
        payload jsonb NOT NULL DEFAULT '{}'::jsonb,
        published_at timestamptz,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT outbox_event_id_key UNIQUE (event_id),
        CONSTRAINT outbox_version_check CHECK (version >= 1),
        CONSTRAINT outbox_payload_check CHECK (jsonb_typeof(payload) = 'object')
    )
    """,
    "CREATE INDEX idx_outbox_unpublished ON outbox (id) WHERE published_at IS NULL",
    "CREATE INDEX idx_outbox_published_at ON outbox (published_at) WHERE published_at IS NOT NULL",
    touch_trigger("outbox"),
    """
    CREATE FUNCTION wake_outbox_relay() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM pg_notify('outbox', '');
        RETURN NULL;
    END
    $$
    """,
    "COMMENT ON FUNCTION wake_outbox_relay() IS 'Wakes the relay when events were committed'",
    "CREATE TRIGGER outbox_wake_relay AFTER INSERT ON outbox FOR EACH STATEMENT EXECUTE FUNCTION wake_outbox_relay()",
    *comments(
        "outbox",
        "Events committed together with the change they tell of, until the relay has published them",
        {
            "id": "Publishing order",
            "event_id": "Identity of the event at every consumer",
            "type": "What happened, e.g. order.confirmed",
            "version": "Version of the aggregate after the event; lets consumers drop stale ones",
            "aggregate": "What it happened to, e.g. order:<uuid>",
            "occurred_at": "When it happened",
            "traceparent": "W3C trace context of the request that caused it",
            "payload": "Facts of the event, without secrets",
            "published_at": "When the relay wrote it to the stream; null until then",
            **_TIMES,
        },
    ),
)
DROP_OUTBOX = ("DROP TABLE IF EXISTS outbox", "DROP FUNCTION IF EXISTS wake_outbox_relay()")

PROCESSED_EVENTS = (
    """
    CREATE TABLE processed_events (
        consumer varchar(50) NOT NULL,
        event_id uuid NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT processed_events_pkey PRIMARY KEY (consumer, event_id)
    )
    """,
    "CREATE INDEX idx_processed_events_created_at ON processed_events (created_at)",
    touch_trigger("processed_events"),
    *comments(
        "processed_events",
        "Inbox: events whose effect is in this database, so that a repeated delivery has none",
        {"consumer": "Consumer group that applied the event", "event_id": "Identity of the event", **_TIMES},
    ),
)
DROP_PROCESSED_EVENTS = ("DROP TABLE IF EXISTS processed_events",)

IDEMPOTENCY_KEYS = (
    """
    CREATE TABLE idempotency_keys (
        scope varchar(150) NOT NULL,
        key varchar(200) NOT NULL,
        request_hash varchar(64) NOT NULL,
        resource_id uuid,
        response jsonb,
        expires_at timestamptz NOT NULL DEFAULT now() + interval '24 hours',
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT idempotency_keys_pkey PRIMARY KEY (scope, key)
    )
    """,
    "CREATE INDEX idx_idempotency_keys_expires_at ON idempotency_keys (expires_at)",
    touch_trigger("idempotency_keys"),
    *comments(
        "idempotency_keys",
        "Requests that must happen once, with the answer that their repetitions get",
        {
            "scope": "Principal and operation that the key belongs to",
            "key": "The client's key",
            "request_hash": "SHA-256 of the request; another request under the same key is refused",
            "resource_id": "What the request made, chosen when the key is claimed",
            "response": "The first answer; null while the request runs",
            "expires_at": "When the key may be forgotten",
            **_TIMES,
        },
    ),
)
DROP_IDEMPOTENCY_KEYS = ("DROP TABLE IF EXISTS idempotency_keys",)

DEAD_LETTERS = (
    """
    CREATE TABLE dead_letters (
        id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
        consumer varchar(50) NOT NULL,
        event_id uuid NOT NULL,
        event_type varchar(100) NOT NULL,
        stream varchar(100) NOT NULL,
        event jsonb NOT NULL,
        error text NOT NULL,
        attempts integer NOT NULL DEFAULT 1,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT dead_letters_consumer_event_id_key UNIQUE (consumer, event_id),
        CONSTRAINT dead_letters_attempts_check CHECK (attempts >= 1)
    )
    """,
    "CREATE INDEX idx_dead_letters_created_at ON dead_letters (created_at DESC, id DESC)",
    touch_trigger("dead_letters"),
    *comments(
        "dead_letters",
        "Events that a consumer could not apply after its last attempt; a row leaves when it is retried",
        {
            "id": "Identity of the row",
            "consumer": "Consumer group that gave up",
            "event_id": "Identity of the event",
            "event_type": "What happened, e.g. order.confirmed",
            "stream": "Redis stream it came from",
            "event": "The whole event, to apply it again",
            "error": "Why the last attempt failed",
            "attempts": "How often it was tried",
            **_TIMES,
        },
    ),
)
DROP_DEAD_LETTERS = ("DROP TABLE IF EXISTS dead_letters",)

AUDIT_LOG = (
    """
    CREATE TABLE audit_log (
        id uuid NOT NULL DEFAULT gen_random_uuid(),
        table_name varchar(63) NOT NULL,
        row_id uuid,
        action varchar(20) NOT NULL,
        actor_id uuid,
        request_id varchar(100),
        old_row jsonb,
        new_row jsonb,
        created_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT audit_log_pkey PRIMARY KEY (id, created_at)
    ) PARTITION BY RANGE (created_at)
    """,
    "CREATE TABLE audit_log_default PARTITION OF audit_log DEFAULT",
    "CREATE INDEX idx_audit_log_row ON audit_log (table_name, row_id, created_at DESC)",
    "CREATE INDEX idx_audit_log_created_at ON audit_log (created_at)",
    append_only_trigger("audit_log"),
    *(
        statement
        for table in ("audit_log", "audit_log_default")
        for statement in comments(
            table,
            "Who changed what and when; append-only, one partition per month",
            {
                "id": "Identity of the entry",
                "table_name": "Table that changed, or the subject of an event without a row",
                "row_id": "Identity of the changed row",
                "action": "insert, update, delete, or the event's name",
                "actor_id": "User who caused it; null for the system",
                "request_id": "Request that caused it",
                "old_row": "Columns before the change, secrets removed",
                "new_row": "Columns after the change, secrets removed",
                "created_at": "When it happened",
            },
        )
    ),
)
DROP_AUDIT_LOG = ("DROP TABLE IF EXISTS audit_log",)
