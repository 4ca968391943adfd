"""The audit trail: SQL of the trigger that writes ``audit_log``, and taking personal data out of it (D08, S-136).

Rows are written by trigger, so a change by hand in SQL is there too. The actor and the request come from the settings
``app.actor_id`` and ``app.request_id`` of the transaction; both are null for changes that no request made.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING
from uuid import UUID

from subgraphs.kernel.partitions import detached_partitions

if TYPE_CHECKING:
    from subgraphs.kernel.database import Database

AUDIT_FUNCTION = (
    """
    CREATE FUNCTION audit_row_change() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        key CONSTANT text := TG_ARGV[0];
        secrets CONSTANT text[] := string_to_array(TG_ARGV[1], ',');
        ignored CONSTANT text[] := string_to_array(TG_ARGV[2], ',') || '{created_at,updated_at}'::text[];
        before jsonb;
        after jsonb;
        before_row jsonb;
        after_row jsonb;
    BEGIN
        IF TG_OP <> 'INSERT' THEN
            before := to_jsonb(OLD) - ignored;
        END IF;
        IF TG_OP <> 'DELETE' THEN
            after := to_jsonb(NEW) - ignored;
        END IF;
        IF before = after THEN
            RETURN NULL;
        END IF;
        before_row := before - secrets;
        after_row := after - secrets;
        IF TG_OP = 'UPDATE' THEN
            SELECT coalesce(jsonb_object_agg(b.key, b.value), '{}'), coalesce(jsonb_object_agg(b.key, a.value), '{}')
            INTO before_row, after_row
            FROM jsonb_each(before_row) b JOIN jsonb_each(after_row) a ON a.key = b.key
            WHERE a.value IS DISTINCT FROM b.value;
        END IF;
        INSERT INTO audit_log (table_name, row_id, action, actor_id, request_id, old_row, new_row)
        VALUES (
            TG_TABLE_NAME,
            (coalesce(after, before) ->> key)::uuid,
            lower(TG_OP),
            nullif(current_setting('app.actor_id', true), '')::uuid,
            nullif(current_setting('app.request_id', true), ''),
            before_row,
            after_row
        );
        RETURN NULL;
    END
    $$
    """,
    "COMMENT ON FUNCTION audit_row_change() IS "
    "'Writes audit_log. Arguments: the id column, columns that are secret, columns whose changes do not count'",
    """
    CREATE FUNCTION forget_in_audit_log(tables text[], row_ids uuid[]) RETURNS bigint LANGUAGE sql AS $$
        WITH gone AS (
            DELETE FROM audit_log WHERE table_name = ANY (tables) AND row_id = ANY (row_ids) RETURNING *
        ), kept AS (
            INSERT INTO audit_log (id, table_name, row_id, action, actor_id, request_id, old_row, new_row, created_at)
            SELECT id, table_name, row_id, action, actor_id, request_id,
                   (SELECT jsonb_object_agg(o.key, NULL) FROM jsonb_each(old_row) o),
                   (SELECT jsonb_object_agg(n.key, NULL) FROM jsonb_each(new_row) n), created_at
            FROM gone RETURNING 1
        )
        SELECT count(*) FROM kept
    $$
    """,
    "COMMENT ON FUNCTION forget_in_audit_log(text[], uuid[]) IS "
    "'Erases the values of rows from the audit trail; that they changed, when and by whom, stays'",
)
DROP_AUDIT_FUNCTION = (
    "DROP FUNCTION IF EXISTS forget_in_audit_log(text[], uuid[])",
    "DROP FUNCTION IF EXISTS audit_row_change()",
)


def audit_trigger(table: str, *, key: str = "id", secrets: Collection[str] = (), ignored: Collection[str] = ()) -> str:
    """The trigger ``<table>_audit``.

    Values of ``secrets`` never reach the trail, but that one of them changed does (as an empty difference). Changes
    of ``ignored`` columns alone leave no entry: counters, search vectors, marks of activity.
    """
    arguments = f"'{key}', '{','.join(sorted(secrets))}', '{','.join(sorted(ignored))}'"
    return (
        f"CREATE TRIGGER {table}_audit AFTER INSERT OR UPDATE OR DELETE ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION audit_row_change({arguments})"
    )


def drop_audit_trigger(table: str) -> str:
    """The reverse of :func:`audit_trigger`."""
    return f"DROP TRIGGER IF EXISTS {table}_audit ON {table}"


async def forget_in_audit_log(database: Database, tables: Collection[str], row_ids: Collection[UUID]) -> int:
    """Erase what the trail says of these rows' values, for a person's right to be forgotten; answers how many.

    In months that were detached, too. Runs in the caller's transaction.
    """
    count: int = await database.fetch_value(
        "SELECT forget_in_audit_log($1::text[], $2::uuid[])", sorted(tables), list(row_ids)
    )
    for name in await detached_partitions(database, "audit_log"):
        count += await database.execute(
            f"""
            UPDATE {name} SET old_row = (SELECT jsonb_object_agg(o.key, NULL) FROM jsonb_each(old_row) o),
                              new_row = (SELECT jsonb_object_agg(n.key, NULL) FROM jsonb_each(new_row) n)
            WHERE table_name = ANY ($1::text[]) AND row_id = ANY ($2::uuid[])
            """,
            sorted(tables),
            list(row_ids),
        )
    return count
