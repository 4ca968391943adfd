"""Create user preferences: channels, currency, language and theme of every account (S-024, D13)."""

from subgraphs.kernel.ddl import comments, touch_trigger
from subgraphs.kernel.migrations import sql_migration

ID = "user_0003_create_user_preferences"
VERSION = "1.38.0"
DESCRIPTION = "create user_preferences: channels, currency, language and theme of every account"

FORWARDS = (
    """
    CREATE TABLE user_preferences (
        id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
        user_id uuid NOT NULL CONSTRAINT idx_user_preferences_user_id UNIQUE,
        email_notifications boolean NOT NULL DEFAULT true,
        sms_notifications boolean NOT NULL DEFAULT false,
        push_notifications boolean NOT NULL DEFAULT true,
        currency varchar(3) NOT NULL DEFAULT 'USD',
        language varchar(35) NOT NULL DEFAULT 'en',
        theme varchar(20) NOT NULL DEFAULT 'light',
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT user_preferences_currency_code CHECK (currency ~ '^[A-Z]{3}$'),
        CONSTRAINT user_preferences_language_tag CHECK (language ~ '^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$'),
        CONSTRAINT user_preferences_theme_known CHECK (theme IN ('light', 'dark', 'system'))
    )
    """,
    touch_trigger("user_preferences"),
    *comments(
        "user_preferences",
        "How an account wants to be written to and shown the shop.",
        {
            "id": "Identity of the row.",
            "user_id": "Account; one row each.",
            "email_notifications": "Whether e-mail may be sent.",
            "sms_notifications": "Whether text messages may be sent.",
            "push_notifications": "Whether push messages may be sent.",
            "currency": "ISO 4217 code prices are preferred in.",
            "language": "BCP 47 tag of the preferred language.",
            "theme": "Appearance of the clients: light, dark or system.",
            "created_at": "When the user registered.",
            "updated_at": "When the row last changed; kept by a trigger.",
        },
    ),
)

BACKWARDS = ("DROP TABLE IF EXISTS user_preferences",)


async def forwards():
    return sql_migration(ID, "user", DESCRIPTION, FORWARDS, BACKWARDS)
