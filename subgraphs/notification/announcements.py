"""Which event is told to whom, over which channels, and with which facts. No I/O, no framework."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from subgraphs.notification.domain import LINK, MANDATORY_CATEGORIES, Channel, Priority, Recipient, effective_channels

_INBOX_AND_MAIL = (Channel.IN_APP, Channel.EMAIL)
_MAIL = (Channel.EMAIL,)
_ALL = (Channel.IN_APP, Channel.EMAIL, Channel.SMS, Channel.PUSH)


@dataclass(frozen=True, slots=True)
class Announcement:
    """How an event is told; the recipient's preferences choose among ``channels``."""

    category: str
    priority: Priority = Priority.NORMAL
    data: tuple[str, ...] = ()
    """Payload fields that the client gets to link with."""
    channels: tuple[Channel, ...] = _INBOX_AND_MAIL
    link: str | None = None
    """Purpose of the one-time link that the event's ``token_id`` makes."""
    address: str | None = None
    """Payload field with the address that the mail goes to instead of the recipient's."""
    staff: frozenset[str] = frozenset()
    """Roles of those who are told, for an event that is about no user."""


@dataclass(frozen=True, slots=True)
class Link:
    """The one-time link of a message, as far as it may be stored."""

    kind: str
    token_id: UUID


_ORDER_DATA = ("order_id", "order_number", "tracking_number")
_PAYMENT_DATA = ("order_id", "payment_id", "refund_id")
_STOCK_KEEPERS = frozenset({"CATALOG_MANAGER", "FULFILMENT", "ADMIN"})

ANNOUNCEMENTS: Mapping[str, Announcement] = {
    "user.registered": Announcement("account", link="verify_email"),
    "user.registration_repeated": Announcement("account", channels=_MAIL),
    "user.verification_requested": Announcement("account", channels=_MAIL, link="verify_email"),
    "user.password_reset_requested": Announcement("account", Priority.HIGH, channels=_MAIL, link="reset_password"),
    "user.email_change_requested": Announcement("account", channels=_MAIL, link="change_email", address="email"),
    "user.email_changed": Announcement("account", Priority.HIGH, address="former_email"),
    "user.password_changed": Announcement("account", Priority.HIGH),
    "user.token_reused": Announcement("account", Priority.URGENT, channels=_ALL),
    "user.role_changed": Announcement("account"),
    "user.deactivated": Announcement("account", channels=_MAIL),
    "order.created": Announcement("order_update", Priority.LOW, _ORDER_DATA, channels=(Channel.IN_APP,)),
    "order.confirmed": Announcement("order_update", Priority.NORMAL, _ORDER_DATA),
    "order.cancelled": Announcement("order_update", Priority.HIGH, _ORDER_DATA),
    "order.shipped": Announcement("order_update", Priority.NORMAL, _ORDER_DATA, channels=_ALL),
    "order.delivered": Announcement("order_update", Priority.NORMAL, _ORDER_DATA, channels=_ALL),
    "payment.completed": Announcement("payment_confirmation", Priority.NORMAL, _PAYMENT_DATA),
    "payment.failed": Announcement("payment_confirmation", Priority.URGENT, _PAYMENT_DATA, channels=_ALL),
    "payment.refunded": Announcement("payment_confirmation", Priority.NORMAL, _PAYMENT_DATA),
    "stock.low": Announcement(
        "stock", Priority.HIGH, ("product_id", "sku"), channels=(Channel.IN_APP,), staff=_STOCK_KEEPERS
    ),
}


def channels_for(announcement: Announcement, recipient: Recipient, available: Collection[Channel]) -> list[Channel]:
    """The channels that one recipient is told over, the inbox first.

    Nothing but account mails leaves the shop for a closed account, and no text message is made for an unknown number.
    """
    wanted = effective_channels(announcement.category, recipient.preferences)
    mandatory = announcement.category in MANDATORY_CATEGORIES

    def possible(channel: Channel) -> bool:
        if channel is Channel.IN_APP:
            return True
        if channel not in available or not (recipient.active or (mandatory and channel is Channel.EMAIL)):
            return False
        return recipient.phone is not None if channel is Channel.SMS else True

    return [channel for channel in announcement.channels if channel in wanted and possible(channel)]


def link_of(announcement: Announcement, payload: Mapping[str, Any]) -> Link | None:
    """The one-time link that the event's mail carries."""
    token_id = payload.get("token_id")
    return Link(announcement.link, UUID(token_id)) if announcement.link and token_id else None


def mail_address(announcement: Announcement, payload: Mapping[str, Any]) -> str | None:
    """Where the mail goes when the event itself says it; else to the contact of its order, or to the recipient."""
    return payload.get(announcement.address) if announcement.address else None


def template_values(payload: Mapping[str, Any], recipient_name: str | None) -> dict[str, Any]:
    """The payload's facts as a template reads them: amounts carry their currency, the recipient has a name."""
    values = {**payload, "link": LINK}
    currency = values.get("currency")
    for amount in ("total", "amount"):
        if values.get(amount) is not None and currency:
            values[amount] = f"{values[amount]} {currency}"
    if not values.get("first_name"):
        values["first_name"] = recipient_name or "customer"
    return values


def announced_data(announcement: Announcement, payload: Mapping[str, Any]) -> dict[str, Any] | None:
    """What the client may link with; null when there is nothing."""
    data = {name: payload[name] for name in announcement.data if payload.get(name) is not None}
    return data or None
