"""Create erasures: accounts that are being forgotten, and by which rooms that is still to be done."""

from subgraphs.kernel.ddl import comments, touch_trigger
from subgraphs.kernel.migrations import sql_migration

ID = "auth_0018_create_erasures"
VERSION = "1.38.0"
DESCRIPTION = "create erasures: progress of forgetting a person in six services"

FORWARDS = (
    """
    CREATE TABLE erasures (
        user_id uuid CONSTRAINT erasures_pkey PRIMARY KEY
            CONSTRAINT erasures_user_id_fkey REFERENCES users (id) ON DELETE CASCADE,
        pending text[] NOT NULL,
        attempts integer NOT NULL DEFAULT 1,
        next_run_at timestamptz NOT NULL,
        completed_at timestamptz,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT erasures_completed_check CHECK (completed_at IS NULL OR pending = '{}')
    )
    """,
    "CREATE INDEX idx_erasures_next_run_at ON erasures (next_run_at) WHERE completed_at IS NULL",
    touch_trigger("erasures"),
    *comments(
        "erasures",
        "Accounts that are being, or were, forgotten; evidence that it was done",
        {
            "user_id": "The account; what identified its person is gone.",
            "pending": "Services that have not yet answered that nothing is left.",
            "attempts": "How often they were told.",
            "next_run_at": "When they are told again, or, once all have answered, when the rest is done.",
            "completed_at": "When nothing was left anywhere; NULL until then.",
            "created_at": "When it was asked for.",
            "updated_at": "When the row last changed; kept by a trigger.",
        },
    ),
)

BACKWARDS = ("DROP TABLE IF EXISTS erasures",)


async def forwards():
    return sql_migration(ID, "auth", DESCRIPTION, FORWARDS, BACKWARDS)
