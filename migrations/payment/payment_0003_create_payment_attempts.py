"""Create payment_attempts: every try to authorise a payment, written before the provider is asked (D17, D47)."""

from subgraphs.kernel.ddl import comments, touch_trigger
from subgraphs.kernel.migrations import sql_migration

ID = "payment_0003_create_payment_attempts"
VERSION = "1.38.0"
DESCRIPTION = "Create payment attempts with unique idempotency key and provider reference"

FORWARDS = (
    """
    CREATE TABLE payment_attempts (
        id uuid NOT NULL DEFAULT gen_random_uuid(),
        payment_id uuid NOT NULL,
        idempotency_key varchar(255) NOT NULL,
        request_hash varchar(64) NOT NULL,
        status varchar(50) NOT NULL DEFAULT 'processing',
        amount numeric(10, 2) NOT NULL,
        provider varchar(50) NOT NULL,
        provider_reference varchar(255),
        error_code varchar(100),
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT payment_attempts_pkey PRIMARY KEY (id),
        CONSTRAINT payment_attempts_payment_id_fkey FOREIGN KEY (payment_id) REFERENCES payments (id),
        CONSTRAINT payment_attempts_idempotency_key_key UNIQUE (idempotency_key),
        CONSTRAINT payment_attempts_provider_reference_key UNIQUE (provider_reference),
        CONSTRAINT payment_attempts_status_check
            CHECK (status IN ('processing', 'authorized', 'completed', 'failed', 'voided')),
        CONSTRAINT payment_attempts_amount_check CHECK (amount > 0),
        CONSTRAINT payment_attempts_error_code_check CHECK (status = 'failed' OR error_code IS NULL)
    )
    """,
    "CREATE INDEX idx_payment_attempts_payment_id ON payment_attempts (payment_id, created_at, id)",
    touch_trigger("payment_attempts"),
    *comments(
        "payment_attempts",
        "Tries of a payment; the row exists before the provider is called",
        {
            "id": "Primary key",
            "payment_id": "The payment",
            "idempotency_key": "Key of the caller, passed on to the provider",
            "request_hash": "Digest of the request, to tell a replay from a reuse of the key",
            "status": "processing while the outcome is unknown, then the outcome",
            "amount": "What was asked for",
            "provider": "Name of the payment provider",
            "provider_reference": "The provider's id of this try",
            "error_code": "The provider's decline code, when it failed",
            "created_at": "When it began",
            "updated_at": "Last change, kept by trigger",
        },
    ),
)

BACKWARDS = ("DROP TABLE payment_attempts",)


async def forwards():
    return sql_migration(ID, "payment", DESCRIPTION, FORWARDS, BACKWARDS)
