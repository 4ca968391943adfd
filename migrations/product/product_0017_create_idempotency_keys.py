"""Create idempotency keys: requests that must happen once (D47)."""

from subgraphs.kernel.ddl import DROP_IDEMPOTENCY_KEYS, IDEMPOTENCY_KEYS
from subgraphs.kernel.migrations import sql_migration

ID = "product_0017_create_idempotency_keys"
VERSION = "1.38.0"
DESCRIPTION = "Create idempotency keys"

FORWARDS = IDEMPOTENCY_KEYS

BACKWARDS = DROP_IDEMPOTENCY_KEYS


async def forwards():
    return sql_migration(ID, "product", DESCRIPTION, FORWARDS, BACKWARDS)
