"""Why each index is there that keeps no rule (S-132): the statement of the shop that it serves.

``said`` stands in the sources word for word, ``asked`` has the statement's shape with values in place of parameters;
its plan has to read the index. An index that keeps a key, an exclusion or a foreign key needs no line.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

ID = "'00000000-0000-0000-0000-000000000000'::uuid"
PAGE = "ORDER BY {0}created_at DESC, {0}id DESC LIMIT 20"


@dataclass(frozen=True, slots=True)
class Use:
    """A statement that an index serves."""

    said: str
    asked: str


def old(table: str, column: str, condition: str = "true") -> str:
    """What ``delete_old`` asks of a table."""
    return f"SELECT ctid FROM {table} WHERE {column} < now() AND {condition} ORDER BY {column} LIMIT 1000"


SHARED: Mapping[str, Use] = {
    "idx_audit_log_row": Use(
        "WHERE a.table_name = $1 AND a.row_id = t.id AND a.new_row ->> 'deleted_at' IS NOT NULL",
        f"SELECT actor_id FROM audit_log WHERE table_name = 't' AND row_id = {ID} ORDER BY created_at DESC LIMIT 1",
    ),
    "idx_dead_letters_created_at": Use(
        'Retention("dead_letters", "created_at"',
        "SELECT event_id FROM dead_letters ORDER BY created_at DESC, id DESC LIMIT 50",
    ),
    "idx_idempotency_keys_expires_at": Use(
        'Retention("idempotency_keys", "expires_at"', old("idempotency_keys", "expires_at")
    ),
    "idx_outbox_published_at": Use(
        'Retention("outbox", "published_at"', old("outbox", "published_at", "published_at IS NOT NULL")
    ),
    "idx_outbox_unpublished": Use(
        "FROM outbox WHERE published_at IS NULL ORDER BY id LIMIT $1",
        "SELECT id FROM outbox WHERE published_at IS NULL ORDER BY id LIMIT 100",
    ),
    "idx_processed_events_created_at": Use(
        'Retention("processed_events", "created_at"', old("processed_events", "created_at")
    ),
}

USES: Mapping[str, Mapping[str, Use]] = {
    "auth": {
        "idx_attempts_updated_at": Use('Retention("attempts", "updated_at"', old("attempts", "updated_at")),
        "idx_email_change_tokens_expires_at": Use(
            'Retention("email_change_tokens", "expires_at"', old("email_change_tokens", "expires_at")
        ),
        "idx_email_verification_tokens_expires_at": Use(
            'Retention("email_verification_tokens", "expires_at"', old("email_verification_tokens", "expires_at")
        ),
        "idx_erasures_next_run_at": Use(
            "FROM erasures WHERE completed_at IS NULL AND next_run_at <= clock_timestamp() ORDER BY next_run_at",
            "SELECT user_id FROM erasures WHERE completed_at IS NULL AND next_run_at <= now() "
            "ORDER BY next_run_at LIMIT 1",
        ),
        "idx_password_reset_tokens_expires_at": Use(
            'Retention("password_reset_tokens", "expires_at"', old("password_reset_tokens", "expires_at")
        ),
        "idx_refresh_tokens_expires_at": Use(
            'Retention("refresh_tokens", "expires_at"', old("refresh_tokens", "expires_at")
        ),
        "idx_sessions_expires_at": Use('Retention("sessions", "expires_at"', old("sessions", "expires_at")),
        "idx_users_created_at": Use(
            "FROM users WHERE {where} AND {beyond} ORDER BY {request.order_by} LIMIT {request.limit}",
            f"SELECT id FROM users WHERE deleted_at IS NULL {PAGE.format('')}",
        ),
    },
    "user": {
        "idx_user_addresses_user_id": Use(
            "FROM user_addresses WHERE user_id = ANY($1::uuid[]) AND deleted_at IS NULL",
            f"SELECT id FROM user_addresses WHERE user_id = ANY(ARRAY[{ID}]) AND deleted_at IS NULL",
        ),
    },
    "product": {
        "idx_product_reviews_helpful": Use(
            '_keyset(ReviewSort.HELPFUL, Column("r.helpful_count", int, descending=True))',
            f"SELECT id FROM product_reviews WHERE product_id = {ID} AND status = 'published' AND deleted_at IS NULL "
            "ORDER BY helpful_count DESC, created_at DESC, id DESC LIMIT 10",
        ),
        "idx_product_reviews_pending": Use(
            'QUEUE = _keyset("QUEUE", descending=False)',
            "SELECT id FROM product_reviews WHERE status = 'pending' AND deleted_at IS NULL "
            "ORDER BY created_at, id LIMIT 10",
        ),
        "idx_product_reviews_rating": Use(
            '_keyset(ReviewSort.HIGHEST, Column("r.rating", int, descending=True))',
            f"SELECT id FROM product_reviews WHERE product_id = {ID} AND status = 'published' AND deleted_at IS NULL "
            "ORDER BY rating DESC, created_at DESC, id DESC LIMIT 10",
        ),
        "idx_product_reviews_user_id": Use(
            "WHERE r.user_id = k.key AND r.deleted_at IS NULL",
            f"SELECT id FROM product_reviews WHERE user_id = {ID} AND deleted_at IS NULL {PAGE.format('')}",
        ),
        "idx_product_specifications_key_value": Use(
            "WHERE s.product_id = p.id AND s.key = {} AND s.value = ANY({}::text[])",
            "SELECT product_id FROM product_specifications WHERE key = 'colour' AND value = ANY(ARRAY['red'])",
        ),
        "idx_products_active": Use(
            'ProductSort.NEWEST, Column("p.created_at", dt.datetime, descending=True)',
            f"SELECT id FROM products WHERE is_active {PAGE.format('')}",
        ),
        "idx_products_category_rating": Use(
            "WHERE p.category_id = self.category_id AND p.is_active AND p.id <> self.id",
            f"SELECT id FROM products WHERE category_id = {ID} AND is_active "
            "ORDER BY rating_score DESC, id DESC LIMIT 4",
        ),
        "idx_products_deleted_sku": Use(
            "p.sku = ANY($1::text[]) AND p.deleted_at IS NOT NULL",
            "SELECT id FROM products WHERE sku = ANY(ARRAY['a', 'b']) AND deleted_at IS NOT NULL",
        ),
        "idx_products_deleted_slug": Use(
            "p.slug = ANY($1::text[]) AND p.deleted_at IS NOT NULL",
            "SELECT id FROM products WHERE slug = ANY(ARRAY['a', 'b']) AND deleted_at IS NOT NULL",
        ),
        "idx_products_name": Use(
            'Column("p.name_key", str)', "SELECT id FROM products WHERE is_active ORDER BY name_key, id LIMIT 20"
        ),
        "idx_products_price": Use(
            'Column("p.price", Decimal)', "SELECT id FROM products WHERE is_active ORDER BY price, id LIMIT 20"
        ),
        "idx_products_rating": Use(
            'Column("p.rating_score", Decimal, descending=True)',
            "SELECT id FROM products WHERE is_active ORDER BY rating_score DESC, id DESC LIMIT 20",
        ),
        "idx_products_search": Use(
            'conditions.add("p.search @@ asked.query")', "SELECT id FROM products WHERE search @@ 'lamp'::tsquery"
        ),
        "idx_purchases_user_id": Use(
            "ORDER BY b.delivered_at DESC, b.product_id LIMIT $2",
            f"SELECT product_id FROM purchases WHERE user_id = {ID} ORDER BY delivered_at DESC, product_id LIMIT 10",
        ),
        "idx_review_votes_user_id": Use(
            "UPDATE review_votes SET user_id = gen_random_uuid() WHERE user_id = $1",
            f"SELECT review_id FROM review_votes WHERE user_id = {ID}",
        ),
        "idx_search_words_variants": Use(
            "w.variants && typed_variants", "SELECT word FROM search_words WHERE variants && ARRAY['lmp']"
        ),
        "idx_stock_reservations_held": Use(
            "WHERE s.status = 'held' AND s.expires_at <= clock_timestamp() ORDER BY s.expires_at LIMIT $1",
            "SELECT product_id FROM stock_reservations WHERE status = 'held' AND expires_at <= now() "
            "ORDER BY expires_at LIMIT 50",
        ),
        "idx_stock_reservations_updated_at": Use(
            'Retention("stock_reservations", "updated_at"',
            old("stock_reservations", "updated_at", "status IN ('released', 'expired')"),
        ),
    },
    "order": {
        "idx_checkout_sagas_next_run_at": Use(
            "FROM checkout_sagas WHERE next_run_at <= now() AND {_FREE} ORDER BY next_run_at LIMIT $1",
            "SELECT order_id FROM checkout_sagas WHERE next_run_at <= now() ORDER BY next_run_at LIMIT 8",
        ),
        "idx_checkout_sagas_updated_at": Use(
            'Retention( "checkout_sagas", "updated_at"',
            old("checkout_sagas", "updated_at", "step IN ('confirmed', 'failed') AND next_run_at IS NULL"),
        ),
        "idx_order_items_product_id": Use(
            "WHERE i.product_id = ANY($1) AND o.status NOT IN ('pending', 'cancelled')",
            f"SELECT quantity FROM order_items WHERE product_id = ANY(ARRAY[{ID}])",
        ),
        "idx_orders_created_at": Use(
            'NEWEST = Keyset("NEWEST", (Column("o.created_at", datetime, descending=True)',
            f"SELECT id FROM orders o WHERE true {PAGE.format('')}",
        ),
        "idx_orders_status": Use(
            'add("o.status = ANY($?::text[])"',
            "SELECT count(*) FROM orders WHERE status = ANY(ARRAY['pending'])",
        ),
        "idx_orders_user_id": Use(
            "FROM orders o WHERE o.user_id = buyer.id AND {conditions} AND {beyond}",
            f"SELECT id FROM orders WHERE user_id = {ID} {PAGE.format('')}",
        ),
        "idx_shopping_carts_updated_at": Use(
            'Retention("shopping_carts", "updated_at"', old("shopping_carts", "updated_at")
        ),
    },
    "payment": {
        "idx_payment_attempts_next_poll_at": Use(
            "FROM payment_attempts WHERE next_poll_at <= now() ORDER BY next_poll_at LIMIT $1",
            "SELECT id FROM payment_attempts WHERE next_poll_at <= now() ORDER BY next_poll_at LIMIT 8",
        ),
        "idx_payment_methods_removed": Use(
            "FROM payment_methods WHERE deleted_at IS NOT NULL AND detach_after <= now() ORDER BY detach_after, id",
            "SELECT id FROM payment_methods WHERE deleted_at IS NOT NULL AND detach_after <= now() "
            "ORDER BY detach_after, id LIMIT 8",
        ),
        "idx_payment_methods_user_id": Use(
            "WHERE user_id = ANY($1) AND deleted_at IS NULL ORDER BY user_id, created_at, id",
            f"SELECT id FROM payment_methods WHERE user_id = ANY(ARRAY[{ID}]) AND deleted_at IS NULL "
            "ORDER BY user_id, created_at, id",
        ),
        "idx_payments_created_at": Use(
            'NEWEST = Keyset("NEWEST", (Column("p.created_at", datetime, descending=True)',
            f"SELECT id FROM payments WHERE true {PAGE.format('')}",
        ),
        "idx_payments_status": Use(
            "FROM payments p WHERE {conditions} AND {beyond}",
            "SELECT count(*) FROM payments WHERE status = ANY(ARRAY['pending'])",
        ),
        "idx_payments_user_id": Use(
            "UPDATE payments SET method_summary = NULL WHERE user_id = $1 RETURNING id",
            f"SELECT id FROM payments WHERE user_id = {ID}",
        ),
        "idx_provider_messages_created_at": Use(
            'Retention("provider_messages", "created_at"', old("provider_messages", "created_at")
        ),
        "idx_refunds_next_run_at": Use(
            "SELECT id FROM refunds WHERE next_run_at <= now() ORDER BY next_run_at LIMIT $1",
            "SELECT id FROM refunds WHERE next_run_at <= now() ORDER BY next_run_at LIMIT 8",
        ),
        "idx_refunds_transaction_id": Use(
            "WHERE r.transaction_id = $1", "SELECT id FROM refunds WHERE transaction_id = 'r-1'"
        ),
    },
    "notification": {
        "idx_notification_logs_notification_id": Use(
            "WHERE notification_id = ANY($1::uuid[]) ORDER BY created_at, id",
            f"SELECT id FROM notification_logs WHERE notification_id = ANY(ARRAY[{ID}])",
        ),
        "idx_notifications_due": Use(
            "AND next_attempt_at <= clock_timestamp() ORDER BY next_attempt_at LIMIT $2 FOR UPDATE SKIP LOCKED",
            "SELECT id FROM notifications WHERE delivery_status = 'pending' AND type <> 'in_app' "
            "AND next_attempt_at <= now() ORDER BY next_attempt_at LIMIT 20",
        ),
        "idx_notifications_order_id": Use(
            "WHERE n.order_id = k.key AND ($2::uuid IS NULL OR n.user_id = $2)",
            f"SELECT id FROM notifications WHERE order_id = {ID} {PAGE.format('')}",
        ),
        "idx_notifications_status": Use(
            "WHERE user_id = ANY($1::uuid[]) AND status = 'unread' AND type = 'in_app'",
            f"SELECT count(*) FROM notifications WHERE user_id = ANY(ARRAY[{ID}]) AND status = 'unread'",
        ),
        "idx_notifications_user_id": Use(
            "WHERE n.user_id = owner.id AND n.type = 'in_app'",
            f"SELECT id FROM notifications WHERE user_id = {ID} AND type = 'in_app' {PAGE.format('')}",
        ),
        "idx_order_contacts_created_at": Use(
            'Retention("order_contacts", "created_at"', old("order_contacts", "created_at")
        ),
        "idx_order_contacts_user_id": Use(
            "DELETE FROM order_contacts WHERE user_id = $1", f"SELECT order_id FROM order_contacts WHERE user_id = {ID}"
        ),
        "idx_recipients_role": Use(
            "FROM recipients WHERE role <> 'CUSTOMER' AND role = ANY ($1::text[]) AND active",
            "SELECT user_id FROM recipients WHERE role <> 'CUSTOMER' AND role = ANY(ARRAY['ADMIN']) AND active",
        ),
    },
}

WAITING: Mapping[str, Mapping[str, str]] = {
    "product": {
        "idx_products_is_active": "the source document names it; partial, it holds only what is not on sale",
        "idx_products_is_active_created_at": "the source document's example of an index built beside writers (S-087)",
    },
    "notification": {
        "idx_notifications_created_at": "the source document names it; within a month, from 10 000 rows on",
    },
}
"""No statement of the shop reads these today: from which size on they would be worth it, or who asks for them."""
SHARED_WAITING: Mapping[str, str] = {
    "idx_audit_log_created_at": "who looks into the trail by hand asks for a time; from 10 000 rows a month on",
}
