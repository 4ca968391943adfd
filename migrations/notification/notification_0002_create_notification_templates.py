"""Create notification_templates: the texts of notifications and the variables they need (S-044, D07)."""

from subgraphs.kernel.ddl import comments, touch_trigger
from subgraphs.kernel.migrations import sql_migration

ID = "notification_0002_create_notification_templates"
VERSION = "1.38.0"
DESCRIPTION = "Create notification_templates, unique by name among live ones"

FORWARDS = (
    """
    CREATE TABLE notification_templates (
        id uuid NOT NULL DEFAULT gen_random_uuid(),
        name varchar(100) NOT NULL,
        type varchar(50) NOT NULL,
        subject varchar(255),
        body text NOT NULL,
        variables jsonb NOT NULL DEFAULT '[]'::jsonb,
        is_active boolean NOT NULL DEFAULT true,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now(),
        locale varchar(35) NOT NULL DEFAULT 'en',
        deleted_at timestamptz,
        CONSTRAINT notification_templates_pkey PRIMARY KEY (id),
        CONSTRAINT notification_templates_name_check CHECK (name <> ''),
        CONSTRAINT notification_templates_type_check CHECK (type IN ('email', 'sms', 'push', 'in_app')),
        CONSTRAINT notification_templates_variables_check CHECK (jsonb_typeof(variables) = 'array')
    )
    """,
    """
    CREATE UNIQUE INDEX notification_templates_name_key ON notification_templates (name)
    WHERE deleted_at IS NULL
    """,
    touch_trigger("notification_templates"),
    *comments(
        "notification_templates",
        "Texts of notifications, named <event>.<channel> or <event>.<channel>.<locale>",
        {
            "id": "Primary key",
            "name": "Name, e.g. order.confirmed.in_app or order.confirmed.in_app.de; unique among live templates",
            "type": "Channel: email, sms, push or in_app",
            "subject": "Title with {{ variables }}",
            "body": "Text with {{ variables }}",
            "variables": "Names of the variables that must be given",
            "is_active": "Whether it is used; nothing is sent from an inactive one",
            "created_at": "When it was written",
            "updated_at": "Last change, kept by trigger",
            "locale": "Language of the text, BCP 47",
            "deleted_at": "When it was removed; null while it lives",
        },
    ),
)
BACKWARDS = ("DROP TABLE IF EXISTS notification_templates",)


async def forwards():
    return sql_migration(ID, "notification", DESCRIPTION, FORWARDS, BACKWARDS)
