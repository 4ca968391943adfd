"""Create attempts: how often a password was guessed for an address or from one, and until when none counts (D44)."""

from subgraphs.kernel.ddl import comments, touch_trigger
from subgraphs.kernel.migrations import sql_migration

ID = "auth_0016_create_attempts"
VERSION = "1.38.0"
DESCRIPTION = "create attempts: counts of guesses, for backoff and lockout that survive restarts"

FORWARDS = (
    """
    CREATE TABLE attempts (
        kind varchar(20) NOT NULL,
        subject varchar(64) NOT NULL,
        failures integer NOT NULL DEFAULT 0,
        pending integer NOT NULL DEFAULT 0,
        pending_until timestamptz NOT NULL DEFAULT '-infinity',
        last_failure_at timestamptz NOT NULL DEFAULT '-infinity',
        blocked_until timestamptz NOT NULL DEFAULT '-infinity',
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT attempts_pkey PRIMARY KEY (kind, subject),
        CONSTRAINT attempts_kind_check CHECK (kind IN ('account', 'address', 'mail')),
        CONSTRAINT attempts_counts_check CHECK (failures >= 0 AND pending >= 0)
    )
    """,
    "CREATE INDEX idx_attempts_updated_at ON attempts (updated_at)",
    touch_trigger("attempts"),
    *comments(
        "attempts",
        "Guesses at passwords and requests for mail, counted for backoff and lockout",
        {
            "kind": "What is counted: account (by e-mail address), address (by network address), mail",
            "subject": "SHA-256 of the address in lower case, whether or not an account has it",
            "failures": "Failures since the last success, or since they were last forgotten",
            "pending": "Attempts that are being looked at",
            "pending_until": "When pending ones count as given up: their process died",
            "last_failure_at": "When the last one failed",
            "blocked_until": "Until when no attempt is looked at, right or wrong",
            "created_at": "When the first attempt came",
            "updated_at": "When the row last changed; kept by a trigger",
        },
    ),
)

BACKWARDS = ("DROP TABLE IF EXISTS attempts",)


async def forwards():
    return sql_migration(ID, "auth", DESCRIPTION, FORWARDS, BACKWARDS)
