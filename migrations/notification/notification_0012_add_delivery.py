"""Add delivery: when a notification is due on its channel, how often that was tried, and where it goes (S-045)."""

from subgraphs.kernel.migrations import sql_migration

ID = "notification_0012_add_delivery"
VERSION = "1.38.0"
DESCRIPTION = "add the delivery of notifications, and phone and role of recipients"

FORWARDS = (
    """
    ALTER TABLE notifications
        ADD COLUMN attempts integer NOT NULL DEFAULT 0,
        ADD COLUMN next_attempt_at timestamptz NOT NULL DEFAULT now(),
        ADD COLUMN address varchar(255),
        ADD COLUMN link_kind varchar(50),
        ADD COLUMN link_token_id uuid,
        ADD CONSTRAINT notifications_attempts_check CHECK (attempts >= 0),
        ADD CONSTRAINT notifications_link_check CHECK ((link_kind IS NULL) = (link_token_id IS NULL))
    """,
    """
    CREATE INDEX idx_notifications_due ON notifications (next_attempt_at)
    WHERE delivery_status = 'pending' AND type <> 'in_app'
    """,
    "COMMENT ON COLUMN notifications.attempts IS 'How often its delivery was begun'",
    "COMMENT ON COLUMN notifications.next_attempt_at IS "
    "'When it is due; while an attempt runs, when that counts as given up'",
    "COMMENT ON COLUMN notifications.address IS 'Where it goes, when that is not the address of the recipient'",
    "COMMENT ON COLUMN notifications.link_kind IS 'Purpose of the one-time link in the message; it is made when sent'",
    "COMMENT ON COLUMN notifications.link_token_id IS 'Identity of the token that the link is made of'",
    """
    ALTER TABLE recipients
        ADD COLUMN phone varchar(20),
        ADD COLUMN profile_at timestamptz NOT NULL DEFAULT '-infinity',
        ADD COLUMN role varchar(50) NOT NULL DEFAULT 'CUSTOMER',
        ADD COLUMN role_at timestamptz NOT NULL DEFAULT '-infinity'
    """,
    "CREATE INDEX idx_recipients_role ON recipients (role) WHERE role <> 'CUSTOMER'",
    "COMMENT ON COLUMN recipients.phone IS 'Where to send text messages, E.164; null until known and after erasure'",
    "COMMENT ON COLUMN recipients.profile_at IS 'When the profile became so; older events of it are dropped'",
    "COMMENT ON COLUMN recipients.role IS 'Role of the account: staff are told what concerns their work'",
    "COMMENT ON COLUMN recipients.role_at IS 'When the role was given; older events of it are dropped'",
)
BACKWARDS = (
    "DROP INDEX IF EXISTS idx_recipients_role",
    """
    ALTER TABLE recipients
        DROP COLUMN IF EXISTS role_at,
        DROP COLUMN IF EXISTS role,
        DROP COLUMN IF EXISTS profile_at,
        DROP COLUMN IF EXISTS phone
    """,
    "DROP INDEX IF EXISTS idx_notifications_due",
    """
    ALTER TABLE notifications
        DROP CONSTRAINT IF EXISTS notifications_link_check,
        DROP CONSTRAINT IF EXISTS notifications_attempts_check,
        DROP COLUMN IF EXISTS link_token_id,
        DROP COLUMN IF EXISTS link_kind,
        DROP COLUMN IF EXISTS address,
        DROP COLUMN IF EXISTS next_attempt_at,
        DROP COLUMN IF EXISTS attempts
    """,
)


async def forwards():
    return sql_migration(ID, "notification", DESCRIPTION, FORWARDS, BACKWARDS)
