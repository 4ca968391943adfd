"""Create payments: the one payment of each order, its sums and its state (S-039, S-042, D17, D18)."""

from subgraphs.kernel.ddl import BASE_FUNCTIONS, DROP_BASE_FUNCTIONS, comments, touch_trigger
from subgraphs.kernel.migrations import sql_migration

ID = "payment_0001_create_payments"
VERSION = "1.38.0"
DESCRIPTION = "Create payments, one per order, with capped sums and a checked state"

FORWARDS = (
    *BASE_FUNCTIONS,
    """
    CREATE TABLE payments (
        id uuid NOT NULL DEFAULT gen_random_uuid(),
        order_id uuid NOT NULL,
        user_id uuid NOT NULL,
        amount numeric(10, 2) NOT NULL,
        currency varchar(3) NOT NULL DEFAULT 'USD',
        status varchar(50) NOT NULL DEFAULT 'pending',
        payment_method varchar(50) NOT NULL,
        transaction_id varchar(255),
        gateway_response jsonb,
        processed_at timestamptz,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now(),
        authorized_amount numeric(10, 2) NOT NULL DEFAULT 0,
        captured_amount numeric(10, 2) NOT NULL DEFAULT 0,
        refunded_amount numeric(10, 2) NOT NULL DEFAULT 0,
        method_summary varchar(100),
        version integer NOT NULL DEFAULT 1,
        CONSTRAINT payments_pkey PRIMARY KEY (id),
        CONSTRAINT idx_payments_order_id UNIQUE (order_id),
        CONSTRAINT payments_amount_check CHECK (amount > 0),
        CONSTRAINT payments_currency_check CHECK (currency ~ '^[A-Z]{3}$'),
        CONSTRAINT payments_status_check CHECK (status IN (
            'pending', 'processing', 'authorized', 'completed', 'failed', 'voided', 'partially_refunded', 'refunded')),
        CONSTRAINT payments_sums_check CHECK (
            0 <= refunded_amount AND refunded_amount <= captured_amount AND captured_amount <= amount
            AND 0 <= authorized_amount AND authorized_amount <= amount),
        CONSTRAINT payments_processed_at_check CHECK (
            (status IN ('completed', 'failed', 'voided', 'partially_refunded', 'refunded'))
            = (processed_at IS NOT NULL)),
        CONSTRAINT payments_gateway_response_check
            CHECK (gateway_response IS NULL OR jsonb_typeof(gateway_response) = 'object'),
        CONSTRAINT payments_version_check CHECK (version > 0)
    )
    """,
    "CREATE INDEX idx_payments_user_id ON payments (user_id, created_at DESC, id DESC)",
    "CREATE INDEX idx_payments_status ON payments (status, created_at DESC, id DESC)",
    "CREATE INDEX idx_payments_created_at ON payments (created_at DESC, id DESC)",
    touch_trigger("payments"),
    *comments(
        "payments",
        "Payment intent of an order; the tries are in payment_attempts",
        {
            "id": "Primary key",
            "order_id": "Order of the order service; one payment per order",
            "user_id": "Who pays: a user or guest of the auth service",
            "amount": "What is to be paid",
            "currency": "ISO 4217 code of every amount of this payment",
            "status": "State of the payment over all its attempts and refunds",
            "payment_method": "credit_card, debit_card or paypal",
            "transaction_id": "The provider's reference of the attempt that counts",
            "gateway_response": "The provider's last answer, reduced to harmless fields",
            "processed_at": "When a terminal state was reached; null in the others",
            "created_at": "When the first attempt began",
            "updated_at": "Last change, kept by trigger",
            "authorized_amount": "Held by the provider",
            "captured_amount": "Taken from the buyer",
            "refunded_amount": "Given back; never more than captured",
            "method_summary": "Brand and last four digits for people to recognise",
            "version": "Raised by one at every change of state",
        },
    ),
)

BACKWARDS = ("DROP TABLE payments", *DROP_BASE_FUNCTIONS)


async def forwards():
    return sql_migration(ID, "payment", DESCRIPTION, FORWARDS, BACKWARDS)
