"""Idempotency keys: a request that is repeated under its key happens once and gets its first answer again.

For an effect within one database, claim and effect share a transaction::

    async with DB.transaction():
        claim = await claim_key(DB, scope=f"{principal.user_id}:adjustStock", key=key, request=[product_id, delta])
        if claim.response is not None:
            return claim.response                       # replayed
        ...
        await store_response(DB, claim, {...})

For a longer story (checkout) the claim commits first with the id of what will be made, and the answer is stored later.
When that story is given up before a sibling has made its part, the sibling closes the id.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson

from subgraphs.kernel.database import Database
from subgraphs.kernel.refusals import Conflict, InProgress, Invalid

_CLAIM = """
INSERT INTO idempotency_keys AS k (scope, key, request_hash, resource_id) VALUES ($1, $2, $3, $4)
ON CONFLICT (scope, key) DO UPDATE
SET request_hash = excluded.request_hash, resource_id = excluded.resource_id, response = NULL,
    expires_at = now() + interval '24 hours'
WHERE k.expires_at < now()
RETURNING resource_id
"""


@dataclass(frozen=True, slots=True)
class Claim:
    """What is known about a key: ``new`` means this caller acts; else ``response`` is the first answer, if stored."""

    scope: str
    key: str
    new: bool
    resource_id: UUID | None = None
    response: Any = None


def check_key(key: str, path: Sequence[str] = ("idempotencyKey",)) -> None:
    """Raises Invalid ``IDEMPOTENCY_KEY_INVALID`` for what cannot be stored as a key."""
    if not 1 <= len(key) <= 200 or "\x00" in key:
        raise Invalid("An idempotency key has 1 to 200 characters.", code="IDEMPOTENCY_KEY_INVALID", path=path)


async def claim_key(
    database: Database,
    *,
    scope: str,
    key: str,
    request: object,
    resource_id: UUID | None = None,
    path: Sequence[str] = ("idempotencyKey",),
) -> Claim:
    """Claim the key, waiting for a transaction that is claiming it right now.

    ``path`` is where the client wrote the key. Raises Invalid ``IDEMPOTENCY_KEY_INVALID``, and Conflict
    ``IDEMPOTENCY_KEY_REUSED`` when the key was used for another request. A claim that is neither new
    nor answered belongs to a request still running: see :func:`refuse_running`.
    """
    check_key(key, path)
    request_hash = hashlib.sha256(orjson.dumps(request, default=str, option=orjson.OPT_SORT_KEYS)).hexdigest()
    claimed = await database.fetch_row(_CLAIM, scope, key, request_hash, resource_id)
    if claimed is not None:
        return Claim(scope, key, new=True, resource_id=claimed["resource_id"])
    row = await database.fetch_row(
        "SELECT request_hash, resource_id, response FROM idempotency_keys WHERE scope = $1 AND key = $2", scope, key
    )
    if row is None:  # released between the two statements
        return await claim_key(database, scope=scope, key=key, request=request, resource_id=resource_id, path=path)
    if row["request_hash"] != request_hash:
        raise Conflict("This key was used for another request.", code="IDEMPOTENCY_KEY_REUSED", path=path)
    return Claim(scope, key, new=False, resource_id=row["resource_id"], response=row["response"])


def refuse_running(claim: Claim) -> None:
    """Raise InProgress, which tells when to try again, for a claim whose first request has not answered yet."""
    if not claim.new and claim.response is None:
        raise InProgress


async def store_response(database: Database, claim: Claim, response: object) -> None:
    """Keep the answer for repetitions."""
    await database.execute(
        "UPDATE idempotency_keys SET response = $3 WHERE scope = $1 AND key = $2",
        claim.scope,
        claim.key,
        orjson.dumps(response, default=str).decode(),
    )


async def release_key(database: Database, claim: Claim) -> None:
    """Forget a claim whose request changed nothing, so that it may be tried again."""
    await database.execute(
        "DELETE FROM idempotency_keys WHERE scope = $1 AND key = $2 AND response IS NULL", claim.scope, claim.key
    )


# -- ids that nothing is made under any more ---------------------------------------------------------------------------


async def close(database: Database, resource_id: UUID) -> None:
    """Remember that what was to be made under this id was given up, so that a late request for it makes nothing.

    The mark lasts 24 hours from the last call. A request can only be late by minutes: whoever sends one holds a lease
    that outlasts the call, whoever gives up took that lease over, and a service's token is refused two minutes after
    it was signed. Afterwards nobody asks: a story that was given up is never taken up again under the same id.
    """
    await database.execute(
        """
        INSERT INTO idempotency_keys (scope, key, request_hash, resource_id, response)
        VALUES ('closed', $1, '', $2, 'true') ON CONFLICT (scope, key) DO UPDATE SET expires_at = excluded.expires_at
        """,
        str(resource_id),
        resource_id,
    )


async def is_closed(database: Database, resource_id: UUID) -> bool:
    """Whether the id was closed before anything was made under it."""
    sql = "SELECT TRUE FROM idempotency_keys WHERE scope = 'closed' AND key = $1"
    return bool(await database.fetch_value(sql, str(resource_id)))
