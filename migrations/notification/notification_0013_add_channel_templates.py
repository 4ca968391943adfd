"""Add the shop's templates for mail, text and push messages, and the inbox texts that came with them (S-044).

The body of a mail is a piece of HTML; values are escaped when it is filled. ``link`` is a one-time link that is made
when the mail is sent.
"""

import json

from subgraphs.kernel.migrations import sql_migration

ID = "notification_0013_add_channel_templates"
VERSION = "1.38.0"
DESCRIPTION = "add templates for the channels beside the inbox"

_HELLO = "<p>Hello {{ first_name }},</p>"
_NOT_YOU = "<p>If this was not you, set a new password at once and sign out everywhere.</p>"

EMAIL = (
    (
        "user.registered",
        "Welcome: please confirm your address",
        _HELLO + '<p>your account is ready. <a href="{{ link }}">Confirm your e-mail address</a> within a day.</p>',
    ),
    (
        "user.registration_repeated",
        "You have an account already",
        _HELLO
        + "<p>somebody tried to register with this address, which has an account already. If it was you, sign in, "
        "or ask for a new password. If not, there is nothing to do: your account is as it was.</p>",
    ),
    (
        "user.verification_requested",
        "Please confirm your address",
        _HELLO + '<p><a href="{{ link }}">Confirm your e-mail address</a> within a day.</p>',
    ),
    (
        "user.password_reset_requested",
        "Set a new password",
        _HELLO + '<p><a href="{{ link }}">Set a new password</a> within half an hour. All your devices are signed out '
        "then.</p><p>If you did not ask for this, ignore it: your password stays as it is.</p>",
    ),
    (
        "user.email_change_requested",
        "Please confirm your new address",
        _HELLO
        + '<p><a href="{{ link }}">Use {{ email }} for your account</a> from now on; the link works for a day.</p>',
    ),
    (
        "user.email_changed",
        "Your e-mail address was changed",
        _HELLO + "<p>from now on we write to {{ email }}.</p>" + _NOT_YOU,
    ),
    ("user.password_changed", "Your password was changed", _HELLO + "<p>your password was changed.</p>" + _NOT_YOU),
    (
        "user.token_reused",
        "You were signed out",
        _HELLO + "<p>a sign-in of yours was used twice, so we ended it.</p>" + _NOT_YOU,
    ),
    ("user.role_changed", "Your role was changed", _HELLO + "<p>your role in the shop is now {{ role }}.</p>"),
    (
        "user.deactivated",
        "Your account was closed",
        _HELLO + "<p>your account was closed by our staff. Answer this mail if that is a mistake.</p>",
    ),
    (
        "order.confirmed",
        "Order {{ order_number }} confirmed",
        _HELLO + "<p>your order {{ order_number }} over {{ total }} is confirmed.</p>",
    ),
    (
        "order.cancelled",
        "Order {{ order_number }} cancelled",
        _HELLO + "<p>your order {{ order_number }} was cancelled. What you paid is paid back.</p>",
    ),
    (
        "order.shipped",
        "Order {{ order_number }} shipped",
        _HELLO + "<p>your order {{ order_number }} is on its way.</p>",
    ),
    (
        "order.delivered",
        "Order {{ order_number }} delivered",
        _HELLO + "<p>your order {{ order_number }} has arrived. Tell others how you like it.</p>",
    ),
    ("payment.completed", "Payment received", _HELLO + "<p>we have received your payment of {{ amount }}.</p>"),
    (
        "payment.failed",
        "Payment failed",
        _HELLO + "<p>your payment of {{ amount }} was not accepted. You can try again from your order.</p>",
    ),
    ("payment.refunded", "Refund issued", _HELLO + "<p>we have paid back {{ amount }}.</p>"),
)
SHORT = (
    ("user.token_reused", "You were signed out", "A sign-in of yours was used twice, so we ended it. Was it you?"),
    ("order.shipped", "Order shipped", "Your order {{ order_number }} is on its way."),
    ("order.delivered", "Order delivered", "Your order {{ order_number }} has arrived."),
    ("payment.failed", "Payment failed", "Your payment of {{ amount }} was not accepted. You can try again."),
)
IN_APP = (
    ("user.role_changed", "Your role was changed", "Your role in the shop is now {{ role }}."),
    ("stock.low", "{{ name }} runs low", "{{ stock }} left of {{ sku }}."),
)
TEMPLATES = (
    *((f"{name}.email", "email", subject, body) for name, subject, body in EMAIL),
    *((f"{name}.{kind}", kind, subject, body) for kind in ("sms", "push") for name, subject, body in SHORT),
    *((f"{name}.in_app", "in_app", subject, body) for name, subject, body in IN_APP),
)


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _variables(text: str) -> str:
    names = [part.partition("}}")[0].strip() for part in text.split("{{")[1:]]
    return _literal(json.dumps(sorted(set(names)))) + "::jsonb"


FORWARDS = tuple(
    "INSERT INTO notification_templates (name, type, subject, body, variables) VALUES ("
    f"{_literal(name)}, {_literal(kind)}, {_literal(subject)}, {_literal(body)}, {_variables(subject + body)})"
    for name, kind, subject, body in TEMPLATES
)
BACKWARDS = (
    "DELETE FROM notification_templates WHERE name IN ("
    + ", ".join(_literal(name) for name, _, _, _ in TEMPLATES)
    + ")",
)


async def forwards():
    return sql_migration(ID, "notification", DESCRIPTION, FORWARDS, BACKWARDS)
