"""Let any process carry a checkout on, or take an order back: what the worker needs to know beside the step (D47)."""

from subgraphs.kernel.migrations import sql_migration

ID = "order_0013_add_saga_continuation"
VERSION = "1.38.0"
DESCRIPTION = "Add deadline, source, claim and cancellation to checkout sagas"

FORWARDS = (
    """
    ALTER TABLE checkout_sagas
        ADD COLUMN expires_at timestamptz NOT NULL DEFAULT now() + interval '15 minutes',
        ADD COLUMN failures integer NOT NULL DEFAULT 0,
        ADD COLUMN source jsonb,
        ADD COLUMN claim_scope varchar(150),
        ADD COLUMN claim_key varchar(200),
        ADD COLUMN cancel_reason text,
        ADD COLUMN canceller_id uuid,
        ADD CONSTRAINT checkout_sagas_failures_check CHECK (failures >= 0),
        ADD CONSTRAINT checkout_sagas_source_check CHECK (jsonb_typeof(source) = 'object'),
        ADD CONSTRAINT checkout_sagas_claim_check CHECK ((claim_scope IS NULL) = (claim_key IS NULL))
    """,
    "COMMENT ON COLUMN checkout_sagas.expires_at IS 'When an order that is not paid is given up'",
    "COMMENT ON COLUMN checkout_sagas.failures IS 'Runs in a row that had to wait; the next pause grows with them'",
    "COMMENT ON COLUMN checkout_sagas.source IS "
    "'Secret: stored method or one-time token of the attempt under way; removed when it is answered'",
    "COMMENT ON COLUMN checkout_sagas.claim_scope IS 'Scope of the idempotency key that this run answers'",
    "COMMENT ON COLUMN checkout_sagas.claim_key IS 'The idempotency key itself'",
    "COMMENT ON COLUMN checkout_sagas.cancel_reason IS 'Why the order is being cancelled, in words of who asked'",
    "COMMENT ON COLUMN checkout_sagas.canceller_id IS 'Who cancels the order; null for the shop itself'",
)

BACKWARDS = (
    """
    ALTER TABLE checkout_sagas
        DROP COLUMN expires_at, DROP COLUMN failures, DROP COLUMN source, DROP COLUMN claim_scope,
        DROP COLUMN claim_key, DROP COLUMN cancel_reason, DROP COLUMN canceller_id
    """,
)


async def forwards():
    return sql_migration(ID, "order", DESCRIPTION, FORWARDS, BACKWARDS)
