"""Create user addresses: where to ship and whom to bill, one default per type (S-022, S-023, D07, D12)."""

from subgraphs.kernel.ddl import comments, touch_trigger
from subgraphs.kernel.migrations import sql_migration

ID = "user_0002_create_user_addresses"
VERSION = "1.38.0"
DESCRIPTION = "create user_addresses: shipping and billing addresses with one default each"

FORWARDS = (
    """
    CREATE TABLE user_addresses (
        id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
        user_id uuid NOT NULL,
        address_type varchar(20) NOT NULL,
        recipient varchar(200),
        street varchar(255) NOT NULL,
        street2 varchar(255),
        city varchar(100) NOT NULL,
        state varchar(100) NOT NULL,
        zip_code varchar(20) NOT NULL,
        country varchar(100) NOT NULL,
        phone varchar(20),
        is_default boolean NOT NULL DEFAULT false,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now(),
        deleted_at timestamptz,
        CONSTRAINT user_addresses_address_type_known CHECK (address_type IN ('shipping', 'billing')),
        CONSTRAINT user_addresses_country_alpha2 CHECK (country ~ '^[A-Z]{2}$'),
        CONSTRAINT user_addresses_phone_e164 CHECK (phone ~ '^\\+[1-9][0-9]{4,14}$'),
        CONSTRAINT user_addresses_default_is_live CHECK (NOT is_default OR deleted_at IS NULL)
    )
    """,
    touch_trigger("user_addresses"),
    "CREATE INDEX idx_user_addresses_user_id ON user_addresses (user_id, address_type)",
    """
    CREATE UNIQUE INDEX idx_user_addresses_default ON user_addresses (user_id, address_type)
        WHERE is_default AND deleted_at IS NULL
    """,
    *comments(
        "user_addresses",
        "Address book; an order keeps its own copy of what it was shipped to.",
        {
            "id": "Identity of the address.",
            "user_id": "Account that owns the address.",
            "address_type": "What the address is for: shipping or billing.",
            "recipient": "Name on the parcel; NULL means the account's own name.",
            "street": "Street and house number.",
            "street2": "Second street line: flat, floor, company.",
            "city": "City, town or post town.",
            "state": "State, province or region; empty where the country has none.",
            "zip_code": "Postcode; empty where the country has none.",
            "country": "ISO 3166-1 alpha-2 code.",
            "phone": "Phone number for the carrier, in E.164.",
            "is_default": "True for the one preferred address of its type.",
            "created_at": "When the address was added.",
            "updated_at": "When the row last changed; kept by a trigger.",
            "deleted_at": "When the owner removed it; NULL while it is in the book.",
        },
    ),
)

BACKWARDS = ("DROP TABLE IF EXISTS user_addresses",)


async def forwards():
    return sql_migration(ID, "user", DESCRIPTION, FORWARDS, BACKWARDS)
