"""Partition order_status_history by month: it only grows and no row is referenced from elsewhere (D09, S-113)."""

from subgraphs.kernel.ddl import comments, touch_trigger
from subgraphs.kernel.migrations import sql_migration

ID = "order_0012_partition_status_history"
VERSION = "1.38.0"
DESCRIPTION = "partition order_status_history by month of created_at"

COLUMNS = """
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    order_id uuid NOT NULL,
    status varchar(50) NOT NULL,
    notes text,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    actor_id uuid,
    actor_kind varchar(20) NOT NULL DEFAULT 'system',
    reason varchar(100),
    CONSTRAINT order_status_history_order_id_fkey FOREIGN KEY (order_id) REFERENCES orders (id) ON DELETE CASCADE,
    CONSTRAINT order_status_history_status_check
        CHECK (status IN ('pending', 'confirmed', 'processing', 'shipped', 'delivered', 'cancelled')),
    CONSTRAINT order_status_history_actor_check
        CHECK (actor_kind IN ('customer', 'staff', 'system') AND (actor_kind = 'system') = (actor_id IS NULL))
"""
INDEX = "CREATE INDEX idx_order_status_history_order_id ON order_status_history (order_id, created_at, id)"
COMMENTS = {
    "id": "Primary key",
    "order_id": "The order",
    "status": "The status it moved to",
    "notes": "Free text of the person who changed it",
    "created_at": "When it changed",
    "updated_at": "Last change, kept by trigger",
    "actor_id": "Who changed it; null for the shop itself",
    "actor_kind": "customer, staff or system",
    "reason": "Stable code of the cause, such as checkout or payment_captured",
}
TITLE = "Every status an order has had, written in the transaction that changed it"


def rebuilt(key: str, options: str, *after_creation: str) -> tuple[str, ...]:
    """The table anew with the same rows."""
    return (
        "ALTER TABLE order_status_history RENAME TO order_status_history_before",
        "ALTER TABLE order_status_history_before DROP CONSTRAINT order_status_history_pkey",
        "DROP INDEX idx_order_status_history_order_id",
        f"""
        CREATE TABLE order_status_history (
            {COLUMNS}, CONSTRAINT order_status_history_pkey PRIMARY KEY ({key})
        ) {options}
        """,
        *after_creation,
        "INSERT INTO order_status_history SELECT * FROM order_status_history_before",
        "DROP TABLE order_status_history_before",
        INDEX,
        touch_trigger("order_status_history"),
        *comments("order_status_history", TITLE, COMMENTS),
    )


FORWARDS = (
    *rebuilt(
        "id, created_at",
        "PARTITION BY RANGE (created_at)",
        "CREATE TABLE order_status_history_default PARTITION OF order_status_history DEFAULT",
    ),
    *comments("order_status_history_default", "Rows of months that have no partition of their own yet", COMMENTS),
)
BACKWARDS = rebuilt("id", "")


async def forwards():
    return sql_migration(ID, "order", DESCRIPTION, FORWARDS, BACKWARDS)
