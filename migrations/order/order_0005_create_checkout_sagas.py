"""Create checkout_sagas: how far each checkout has come, so that a crash at any step can be continued (D47)."""

from subgraphs.kernel.ddl import comments, touch_trigger
from subgraphs.kernel.migrations import sql_migration

ID = "order_0005_create_checkout_sagas"
VERSION = "1.38.0"
DESCRIPTION = "Create checkout sagas with step, lease and schedule"

FORWARDS = (
    """
    CREATE TABLE checkout_sagas (
        order_id uuid NOT NULL,
        user_id uuid NOT NULL,
        step varchar(20) NOT NULL DEFAULT 'claimed',
        attempts integer NOT NULL DEFAULT 0,
        next_run_at timestamptz,
        lease_until timestamptz,
        error text,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT checkout_sagas_pkey PRIMARY KEY (order_id),
        CONSTRAINT checkout_sagas_step_check CHECK (step IN (
            'claimed', 'reserved', 'created', 'declined', 'authorized',
            'committed', 'captured', 'confirmed', 'compensating', 'failed')),
        CONSTRAINT checkout_sagas_attempts_check CHECK (attempts >= 0),
        CONSTRAINT checkout_sagas_terminal_check
            CHECK (step NOT IN ('confirmed', 'failed') OR next_run_at IS NULL)
    )
    """,
    "CREATE INDEX idx_checkout_sagas_next_run_at ON checkout_sagas (next_run_at) WHERE next_run_at IS NOT NULL",
    touch_trigger("checkout_sagas"),
    *comments(
        "checkout_sagas",
        "Progress of each checkout over product, payment and this service",
        {
            "order_id": "The order, which exists from step created on: hence no foreign key",
            "user_id": "The buyer",
            "step": "Last step whose effect is durable",
            "attempts": "Payment attempts made for this order",
            "next_run_at": "When the worker should look at it; null when nothing is left to do",
            "lease_until": "Until when the process working on it may be alone with it",
            "error": "Code of the last failure",
            "created_at": "When the checkout began",
            "updated_at": "Last change, kept by trigger",
        },
    ),
)

BACKWARDS = ("DROP TABLE checkout_sagas",)


async def forwards():
    return sql_migration(ID, "order", DESCRIPTION, FORWARDS, BACKWARDS)
