"""Create payment_methods: stored ways to pay, by the provider's token and never by number (S-040, S-042, D07, D18)."""

from subgraphs.kernel.ddl import comments, touch_trigger
from subgraphs.kernel.migrations import sql_migration

ID = "payment_0002_create_payment_methods"
VERSION = "1.38.0"
DESCRIPTION = "Create payment methods with vault token, one default per user and soft delete"

FORWARDS = (
    """
    CREATE TABLE payment_methods (
        id uuid NOT NULL DEFAULT gen_random_uuid(),
        user_id uuid NOT NULL,
        type varchar(50) NOT NULL,
        provider varchar(50),
        last_four_digits varchar(4),
        expiry_month integer,
        expiry_year integer,
        brand varchar(50),
        is_default boolean NOT NULL DEFAULT false,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now(),
        provider_token varchar(255) NOT NULL,
        fingerprint varchar(128) NOT NULL,
        deleted_at timestamptz,
        CONSTRAINT payment_methods_pkey PRIMARY KEY (id),
        CONSTRAINT payment_methods_type_check CHECK (type IN ('credit_card', 'debit_card', 'paypal')),
        CONSTRAINT payment_methods_last_four_digits_check CHECK (last_four_digits ~ '^[0-9]{4}$'),
        CONSTRAINT payment_methods_expiry_check CHECK (
            expiry_month BETWEEN 1 AND 12 AND expiry_year BETWEEN 2000 AND 2100
            OR type = 'paypal' AND expiry_month IS NULL AND expiry_year IS NULL),
        CONSTRAINT payment_methods_provider_token_check CHECK (provider_token !~ '^[0-9 -]{12,}$'),
        CONSTRAINT payment_methods_default_check CHECK (NOT (is_default AND deleted_at IS NOT NULL))
    )
    """,
    "CREATE INDEX idx_payment_methods_user_id ON payment_methods (user_id, created_at, id) WHERE deleted_at IS NULL",
    """
    CREATE UNIQUE INDEX idx_payment_methods_one_default ON payment_methods (user_id)
        WHERE is_default AND deleted_at IS NULL
    """,
    """
    CREATE UNIQUE INDEX idx_payment_methods_fingerprint ON payment_methods (user_id, fingerprint)
        WHERE deleted_at IS NULL
    """,
    touch_trigger("payment_methods"),
    *comments(
        "payment_methods",
        "Stored payment methods: the provider keeps the card, we keep its token",
        {
            "id": "Primary key",
            "user_id": "Owner: a user of the auth service",
            "type": "credit_card, debit_card or paypal",
            "provider": "Name of the payment provider that issued the token",
            "last_four_digits": "Last four digits for people to recognise",
            "expiry_month": "Month after which a card is refused",
            "expiry_year": "Year of expiry",
            "brand": "Card brand",
            "is_default": "Offered first; at most one per user",
            "created_at": "When it was stored",
            "updated_at": "Last change, kept by trigger",
            "provider_token": "Secret: the provider's reusable token; never leaves this service",
            "fingerprint": "The provider's fingerprint: the same card has the same one",
            "deleted_at": "When the owner removed it; null while live",
        },
    ),
)

BACKWARDS = ("DROP TABLE payment_methods",)


async def forwards():
    return sql_migration(ID, "payment", DESCRIPTION, FORWARDS, BACKWARDS)
