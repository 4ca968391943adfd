"""Add the shop's own templates: the inbox texts of every event that a user is told about (S-044)."""

import json

from subgraphs.kernel.migrations import sql_migration

ID = "notification_0010_add_templates"
VERSION = "1.38.0"
DESCRIPTION = "Add the in_app templates of account, order and payment events"

TEMPLATES = (
    ("user.registered", "Welcome, {{ first_name }}", "Your account is ready. Please confirm your e-mail address."),
    ("user.email_changed", "Your e-mail address was changed", "From now on we write to {{ email }}."),
    (
        "user.password_changed",
        "Your password was changed",
        "If this was not you, reset it now and sign out everywhere.",
    ),
    ("user.token_reused", "You were signed out", "A sign-in of yours was used twice, so we ended it. Was it you?"),
    ("order.created", "Order {{ order_number }} received", "We have received your order over {{ total }}."),
    ("order.confirmed", "Order {{ order_number }} confirmed", "Your order over {{ total }} is confirmed."),
    ("order.cancelled", "Order {{ order_number }} cancelled", "Your order was cancelled."),
    ("order.shipped", "Order {{ order_number }} shipped", "Your order is on its way."),
    ("order.delivered", "Order {{ order_number }} delivered", "Your order has arrived. Tell others how you like it."),
    ("payment.completed", "Payment received", "We have received your payment of {{ amount }}."),
    ("payment.failed", "Payment failed", "Your payment of {{ amount }} was not accepted. You can try again."),
    ("payment.refunded", "Refund issued", "We have paid back {{ amount }}."),
)


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _variables(text: str) -> str:
    names = [part.partition("}}")[0].strip() for part in text.split("{{")[1:]]
    return _literal(json.dumps(sorted(set(names)))) + "::jsonb"


FORWARDS = tuple(
    "INSERT INTO notification_templates (name, type, subject, body, variables) VALUES ("
    f"{_literal(name + '.in_app')}, 'in_app', {_literal(subject)}, {_literal(body)}, {_variables(subject + body)})"
    for name, subject, body in TEMPLATES
)
BACKWARDS = (
    "DELETE FROM notification_templates WHERE name IN ("
    + ", ".join(_literal(name + ".in_app") for name, _, _ in TEMPLATES)
    + ")",
)


async def forwards():
    return sql_migration(ID, "notification", DESCRIPTION, FORWARDS, BACKWARDS)
