"""Create user profiles: names, phone, picture and birthday of every account (S-021, D07, D48)."""

from subgraphs.kernel.ddl import BASE_FUNCTIONS, DROP_BASE_FUNCTIONS, comments, touch_trigger
from subgraphs.kernel.migrations import sql_migration

ID = "user_0001_create_user_profiles"
VERSION = "1.38.0"
DESCRIPTION = "create user_profiles: names, phone, picture and birthday of every account"

FORWARDS = (
    *BASE_FUNCTIONS,
    """
    CREATE TABLE user_profiles (
        id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
        user_id uuid NOT NULL CONSTRAINT idx_user_profiles_user_id UNIQUE,
        first_name varchar(100) NOT NULL,
        last_name varchar(100) NOT NULL,
        phone_number varchar(20),
        avatar_url text,
        date_of_birth date,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now(),
        deleted_at timestamptz,
        CONSTRAINT user_profiles_phone_number_e164 CHECK (phone_number ~ '^\\+[1-9][0-9]{4,14}$'),
        CONSTRAINT user_profiles_avatar_url_https CHECK (avatar_url LIKE 'https://_%' AND length(avatar_url) <= 2000),
        CONSTRAINT user_profiles_date_of_birth_plausible CHECK (date_of_birth >= DATE '1900-01-01')
    )
    """,
    touch_trigger("user_profiles"),
    *comments(
        "user_profiles",
        "Personal data of accounts; the e-mail address lives with the credentials.",
        {
            "id": "Identity of the row.",
            "user_id": "Account; unique even among deleted rows, so that a replayed registration revives nobody.",
            "first_name": "Given name.",
            "last_name": "Family name; never public in full.",
            "phone_number": "Phone number in E.164.",
            "avatar_url": "Public https address of the picture.",
            "date_of_birth": "Birthday; never public.",
            "created_at": "When the user registered, as the registration event tells.",
            "updated_at": "When the row last changed; kept by a trigger.",
            "deleted_at": "When the account was erased; NULL while it is live.",
        },
    ),
)

BACKWARDS = (
    "DROP TABLE IF EXISTS user_profiles",
    *DROP_BASE_FUNCTIONS,
)


async def forwards():
    return sql_migration(ID, "user", DESCRIPTION, FORWARDS, BACKWARDS)
