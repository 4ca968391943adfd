"""A long past and a short backlog, for the tables of the large shop that workers ask: what is done, and what is due."""

from __future__ import annotations

_ROWS = 20_000
_DUE = 100
_NUMBERED = f"generate_series(1, {_ROWS}) AS n"


def _spread(days: int) -> str:
    """The age of the row ``n``: only the last few are older than so many days."""
    return f"now() - n * interval '{days * 86_400} seconds' / {_ROWS - _DUE}"


def _tokens(table: str, more: str = "", values: str = "") -> str:
    return f"""INSERT INTO {table} (user_id, token_hash, expires_at{more})
        SELECT u.id, encode(sha256(n::text::bytea), 'hex'), {_spread(30)}{values}
        FROM (SELECT id FROM users ORDER BY id LIMIT 1) AS u, {_NUMBERED}"""


SHARED = (
    f"""INSERT INTO outbox (type, aggregate, published_at)
        SELECT 'past', 'past:' || n, now() - n * interval '1 minute' FROM {_NUMBERED}""",
    f"INSERT INTO outbox (type, aggregate) SELECT 'due', 'due:' || n FROM generate_series(1, {_DUE}) AS n",
    f"""INSERT INTO processed_events (consumer, event_id, created_at)
        SELECT 'past', gen_random_uuid(), now() - n * interval '10 minutes'
        FROM {_NUMBERED}""",
    f"""INSERT INTO idempotency_keys (scope, key, request_hash, expires_at)
        SELECT 'past', n::text, repeat('0', 64), now() + (n - 10) * interval '1 second'
        FROM {_NUMBERED}""",
    f"""INSERT INTO dead_letters (consumer, event_id, event_type, stream, event, error)
        SELECT 'past', gen_random_uuid(), 'past', 'events:past', '{{}}', 'E: of' || chr(10) || repeat('x', 200)
        FROM {_NUMBERED}""",
    "ANALYZE outbox, processed_events, idempotency_keys, dead_letters",
)
PAST: dict[str, tuple[str, ...]] = {
    "auth": (
        """INSERT INTO erasures (user_id, pending, next_run_at, completed_at)
            SELECT id, '{}', now(), now() FROM users ORDER BY id OFFSET 1""",
        """INSERT INTO erasures (user_id, pending, next_run_at)
           SELECT id, '{user}', now() FROM users ORDER BY id LIMIT 1""",
        f"""INSERT INTO attempts (kind, subject, updated_at)
            SELECT 'account', 'past ' || n, {_spread(2)} FROM {_NUMBERED}""",
        f"""INSERT INTO sessions (user_id, expires_at)
            SELECT u.id, {_spread(90)} FROM (SELECT id FROM users ORDER BY id LIMIT 1) AS u, {_NUMBERED}""",
        f"""INSERT INTO refresh_tokens (user_id, family_id, token_hash, expires_at)
            SELECT s.user_id, s.id, encode(sha256(n::text::bytea), 'hex'), {_spread(30)}
            FROM (SELECT id, user_id FROM sessions ORDER BY id LIMIT 1) AS s, {_NUMBERED}""",
        _tokens("password_reset_tokens"),
        _tokens("email_verification_tokens"),
        _tokens("email_change_tokens", ", new_email", ", 'past@example.com'"),
        """ANALYZE erasures, attempts, sessions, refresh_tokens, password_reset_tokens, email_verification_tokens,
            email_change_tokens""",
    ),
    "product": (
        f"""INSERT INTO stock_reservations (order_id, product_id, quantity, expires_at, unit_price, currency, status)
            SELECT gen_random_uuid(), p.id, 1, now() - interval '1 day', 1, 'USD', 'committed'
            FROM (SELECT id FROM products LIMIT 1000) AS p, generate_series(1, {_ROWS // 1000}) AS n""",
        f"""INSERT INTO stock_reservations
                (order_id, product_id, quantity, expires_at, unit_price, currency, status, updated_at)
            SELECT gen_random_uuid(), p.id, 1, now(), 1, 'USD', (ARRAY['released', 'expired'])[1 + n % 2], {_spread(90)}
            FROM (SELECT id FROM products LIMIT 1) AS p, {_NUMBERED}""",
        f"""INSERT INTO stock_reservations (order_id, product_id, quantity, expires_at, unit_price, currency)
            SELECT gen_random_uuid(), id, 1, now() - interval '1 hour', 1, 'USD' FROM products LIMIT {_DUE}""",
        """UPDATE products SET stock = stock + 1, reserved = reserved + 1
            WHERE id IN (SELECT product_id FROM stock_reservations WHERE status = 'held' AND expires_at <= now())""",
        "ANALYZE stock_reservations",
    ),
    "order": (
        f"""UPDATE checkout_sagas SET step = 'created', next_run_at = now() - interval '1 minute', lease_until = NULL
            WHERE order_id IN (SELECT order_id FROM checkout_sagas LIMIT {_DUE})""",
        f"""INSERT INTO checkout_sagas (order_id, user_id, step, updated_at)
            SELECT gen_random_uuid(), gen_random_uuid(), 'confirmed', {_spread(90)} FROM {_NUMBERED}""",
        f"""INSERT INTO shopping_carts (user_id, updated_at)
            SELECT gen_random_uuid(), {_spread(180)} FROM {_NUMBERED}""",
        "ANALYZE checkout_sagas, shopping_carts",
    ),
    "payment": (
        f"""INSERT INTO provider_messages (provider, event_id, outcome, body_hash, created_at)
            SELECT 'past', n::text, 'applied', repeat('0', 64), now() - n * interval '1 minute'
            FROM {_NUMBERED}""",
        f"""UPDATE payment_attempts SET next_poll_at = now() - interval '1 minute'
            WHERE id IN (SELECT id FROM payment_attempts LIMIT {_DUE})""",
        f"""UPDATE refunds SET status = 'pending', processed_at = NULL, next_run_at = now() - interval '1 minute'
            WHERE id IN (SELECT id FROM refunds LIMIT {_DUE})""",
        f"""UPDATE payment_methods SET deleted_at = now(), is_default = FALSE
            WHERE id IN (SELECT id FROM payment_methods LIMIT {_DUE})""",
        "ANALYZE provider_messages, payment_attempts, refunds, payment_methods",
    ),
    "notification": (
        f"""UPDATE notifications
            SET type = 'email', delivery_status = 'pending', next_attempt_at = now() - interval '1 minute'
            WHERE id IN (SELECT id FROM notifications LIMIT {_DUE})""",
        f"""INSERT INTO order_contacts (order_id, user_id, email, created_at)
            SELECT gen_random_uuid(), gen_random_uuid(), 'past@example.com', {_spread(730)} FROM {_NUMBERED}""",
        "ANALYZE notifications, order_contacts",
    ),
}
