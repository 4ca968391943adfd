"""Create order_status_history: one row per transition, the first included, with who and why (S-036, S-038)."""

from subgraphs.kernel.ddl import comments, touch_trigger
from subgraphs.kernel.migrations import sql_migration

ID = "order_0003_create_order_status_history"
VERSION = "1.38.0"
DESCRIPTION = "Create order status history with actor and reason"

FORWARDS = (
    """
    CREATE TABLE order_status_history (
        id uuid NOT NULL DEFAULT gen_random_uuid(),
        order_id uuid NOT NULL,
        status varchar(50) NOT NULL,
        notes text,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now(),
        actor_id uuid,
        actor_kind varchar(20) NOT NULL DEFAULT 'system',
        reason varchar(100),
        CONSTRAINT order_status_history_pkey PRIMARY KEY (id),
        CONSTRAINT order_status_history_order_id_fkey FOREIGN KEY (order_id) REFERENCES orders (id) ON DELETE CASCADE,
        CONSTRAINT order_status_history_status_check
            CHECK (status IN ('pending', 'confirmed', 'processing', 'shipped', 'delivered', 'cancelled')),
        CONSTRAINT order_status_history_actor_check
            CHECK (actor_kind IN ('customer', 'staff', 'system') AND (actor_kind = 'system') = (actor_id IS NULL))
    )
    """,
    "CREATE INDEX idx_order_status_history_order_id ON order_status_history (order_id, created_at, id)",
    touch_trigger("order_status_history"),
    *comments(
        "order_status_history",
        "Every status an order has had, written in the transaction that changed it",
        {
            "id": "Primary key",
            "order_id": "The order",
            "status": "The status it moved to",
            "notes": "Free text of the person who changed it",
            "created_at": "When it changed",
            "updated_at": "Last change, kept by trigger",
            "actor_id": "Who changed it; null for the shop itself",
            "actor_kind": "customer, staff or system",
            "reason": "Stable code of the cause, such as checkout or payment_captured",
        },
    ),
)

BACKWARDS = ("DROP TABLE order_status_history",)


async def forwards():
    return sql_migration(ID, "order", DESCRIPTION, FORWARDS, BACKWARDS)
