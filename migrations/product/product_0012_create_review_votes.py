"""Create review votes: one helpful vote per user and review, counted by trigger (D15)."""

from subgraphs.kernel.ddl import comments, touch_trigger
from subgraphs.kernel.migrations import sql_migration

ID = "product_0012_create_review_votes"
VERSION = "1.38.0"
DESCRIPTION = "Create review votes and the triggers that keep helpful_count"


def _count_function(event: str, rows: str, sign: str) -> str:
    return f"""
    CREATE FUNCTION count_votes_on_{event}() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM 1 FROM product_reviews r WHERE r.id IN (SELECT review_id FROM {rows})
            ORDER BY r.id FOR NO KEY UPDATE;
        UPDATE product_reviews r SET helpful_count = r.helpful_count {sign} ballot.votes
        FROM (SELECT review_id, count(*) AS votes FROM {rows} GROUP BY review_id) AS ballot
        WHERE r.id = ballot.review_id;
        RETURN NULL;
    END
    $$
    """


def _trigger(event: str, tables: str) -> str:
    return (
        f"CREATE TRIGGER review_votes_count_on_{event} AFTER {event.upper()} ON review_votes "
        f"REFERENCING {tables} FOR EACH STATEMENT EXECUTE FUNCTION count_votes_on_{event}()"
    )


FORWARDS = (
    """
    CREATE TABLE review_votes (
        review_id uuid NOT NULL,
        user_id uuid NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT review_votes_pkey PRIMARY KEY (review_id, user_id),
        CONSTRAINT review_votes_review_id_fkey
            FOREIGN KEY (review_id) REFERENCES product_reviews (id) ON DELETE CASCADE
    )
    """,
    "CREATE INDEX idx_review_votes_user_id ON review_votes (user_id)",
    touch_trigger("review_votes"),
    _count_function("insert", "new_rows", "+"),
    _count_function("delete", "old_rows", "-"),
    "COMMENT ON FUNCTION count_votes_on_insert() IS 'Adds votes to the helpful_count of their reviews'",
    "COMMENT ON FUNCTION count_votes_on_delete() IS 'Takes votes from the helpful_count of their reviews'",
    _trigger("insert", "NEW TABLE AS new_rows"),
    _trigger("delete", "OLD TABLE AS old_rows"),
    *comments(
        "review_votes",
        "Who found which review helpful",
        {
            "review_id": "Review voted for",
            "user_id": "Voter: a user of the auth service",
            "created_at": "When the vote was cast",
            "updated_at": "Last change, kept by trigger",
        },
    ),
)

BACKWARDS = (
    "DROP TABLE review_votes",
    "DROP FUNCTION count_votes_on_delete()",
    "DROP FUNCTION count_votes_on_insert()",
)


async def forwards():
    return sql_migration(ID, "product", DESCRIPTION, FORWARDS, BACKWARDS)
