"""Create recipients: what this service knows of users from the events of auth and user (shop.md §5)."""

from subgraphs.kernel.ddl import comments, touch_trigger
from subgraphs.kernel.migrations import sql_migration

ID = "notification_0004_create_recipients"
VERSION = "1.38.0"
DESCRIPTION = "Create recipients, the projection of e-mail addresses, names and preferences"

FORWARDS = (
    """
    CREATE TABLE recipients (
        user_id uuid NOT NULL,
        email varchar(255),
        first_name varchar(100),
        locale varchar(35) NOT NULL DEFAULT 'en',
        email_notifications boolean NOT NULL DEFAULT true,
        sms_notifications boolean NOT NULL DEFAULT false,
        push_notifications boolean NOT NULL DEFAULT true,
        active boolean NOT NULL DEFAULT true,
        account_version integer NOT NULL DEFAULT 0,
        account_at timestamptz NOT NULL DEFAULT '-infinity',
        preferences_version integer NOT NULL DEFAULT 0,
        preferences_at timestamptz NOT NULL DEFAULT '-infinity',
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT recipients_pkey PRIMARY KEY (user_id),
        CONSTRAINT recipients_versions_check CHECK (account_version >= 0 AND preferences_version >= 0)
    )
    """,
    touch_trigger("recipients"),
    *comments(
        "recipients",
        "Projection of users as far as notifying them needs it; rebuilt from events",
        {
            "user_id": "Identity of the user in the auth service",
            "email": "Where to write; null until known and after erasure",
            "first_name": "How to address the user",
            "locale": "Language of templates, BCP 47",
            "email_notifications": "Whether e-mail is wanted",
            "sms_notifications": "Whether text messages are wanted",
            "push_notifications": "Whether push messages are wanted",
            "active": "False once the account is deactivated or erased: nothing is sent outside the inbox",
            "account_version": "Version of the account that the address comes from; events of older ones are dropped",
            "account_at": "When the account became so; orders events that carry the same version",
            "preferences_version": "Version of the preferences; events of older ones are dropped",
            "preferences_at": "When the preferences became so; orders events that carry the same version",
            "created_at": "When the user was first heard of",
            "updated_at": "Last change, kept by trigger",
        },
    ),
)
BACKWARDS = ("DROP TABLE IF EXISTS recipients",)


async def forwards():
    return sql_migration(ID, "notification", DESCRIPTION, FORWARDS, BACKWARDS)
