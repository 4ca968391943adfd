"""Create refunds: money given back, capped by what was captured (S-041, S-042)."""

from subgraphs.kernel.ddl import comments, touch_trigger
from subgraphs.kernel.migrations import sql_migration

ID = "payment_0004_create_refunds"
VERSION = "1.38.0"
DESCRIPTION = "Create refunds with reason, state and the key given to the provider"

FORWARDS = (
    """
    CREATE TABLE refunds (
        id uuid NOT NULL DEFAULT gen_random_uuid(),
        payment_id uuid NOT NULL,
        amount numeric(10, 2) NOT NULL,
        reason text,
        status varchar(50) NOT NULL DEFAULT 'pending',
        transaction_id varchar(255),
        processed_at timestamptz,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now(),
        requested_by uuid,
        restock boolean NOT NULL DEFAULT false,
        CONSTRAINT refunds_pkey PRIMARY KEY (id),
        CONSTRAINT refunds_payment_id_fkey FOREIGN KEY (payment_id) REFERENCES payments (id),
        CONSTRAINT refunds_amount_check CHECK (amount > 0),
        CONSTRAINT refunds_status_check CHECK (status IN ('pending', 'processing', 'completed', 'failed')),
        CONSTRAINT refunds_processed_at_check CHECK ((status IN ('completed', 'failed')) = (processed_at IS NOT NULL))
    )
    """,
    "CREATE INDEX idx_refunds_payment_id ON refunds (payment_id, created_at, id)",
    touch_trigger("refunds"),
    *comments(
        "refunds",
        "Refunds of a payment; the id is the provider's idempotency key",
        {
            "id": "Primary key",
            "payment_id": "The payment",
            "amount": "What is given back, in the payment's currency",
            "reason": "Why, in words of the person who asked",
            "status": "pending, processing, completed or failed",
            "transaction_id": "The provider's reference of the refund",
            "processed_at": "When it completed or failed",
            "created_at": "When it was asked for",
            "updated_at": "Last change, kept by trigger",
            "requested_by": "Member of staff who asked; null for the shop itself",
            "restock": "Whether the goods go back on the shelf",
        },
    ),
)

BACKWARDS = ("DROP TABLE refunds",)


async def forwards():
    return sql_migration(ID, "payment", DESCRIPTION, FORWARDS, BACKWARDS)
