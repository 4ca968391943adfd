"""What ``make chaos`` asks after the last checkout beside the reconciliation of operators, and what it reports."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Mapping
from uuid import UUID

from ops.reconcile.report import TOLD_BY
from subgraphs.notification.announcements import ANNOUNCEMENTS
from subgraphs.notification.domain import Channel
from tests.supergraph.fleet import Fleet
from tests.supergraph.mails import PostOffice
from tests.supergraph.wrecker import Wrecker

_MAY_BECOME = {
    "CONFIRMED": {"confirmed"},
    "CANCELLED": {"cancelled"},
    "asked to cancel": {"confirmed", "cancelled"},
    "PENDING": {"pending", "confirmed", "cancelled"},
}
"""What an order may be in the end, by the last that its customer was told."""


async def order_findings(fleet: Fleet, told: Mapping[UUID, str]) -> list[str]:
    """One order at most for each customer, who wanted one, and none that is not what they were told."""
    found: list[str] = []
    rows = await fleet.sql("order", "SELECT user_id, array_agg(status) AS statuses FROM orders GROUP BY user_id")
    orders = {row["user_id"]: row["statuses"] for row in rows}
    found += [f"{user} has {len(statuses)} orders" for user, statuses in orders.items() if len(statuses) > 1]
    for user, last in told.items():
        became = set(orders.get(user, ()))
        if last in _MAY_BECOME and (not became or not became <= _MAY_BECOME[last]):
            found.append(f"{user} was told {last}, and the order is {became or 'not there'}")
    return sorted(found)


async def mail_findings(fleet: Fleet, office: PostOffice) -> list[str]:
    """One mail for each event that is told by mail; one that came again left an attempt without an end in the log."""
    due = [event async for event in _told_by_mail(fleet)]
    rows = await fleet.sql(
        "notification",
        """
        SELECT n.id, n.event_id, n.delivery_status,
               (SELECT count(*) FROM notification_logs l WHERE l.notification_id = n.id AND l.status <> 'sent') AS lost
        FROM notifications n WHERE n.type = 'email'
        """,
    )
    counted = Counter(row["event_id"] for row in rows)
    found = [f"{told} led to {counted[event]} mails" for event, told in due if counted[event] != 1]
    for row in rows:
        copies = office.taken[row["id"]]
        if row["delivery_status"] != "sent" or not 1 <= copies <= 1 + row["lost"]:
            found.append(
                f"mail {row['id']} is {row['delivery_status']}, came {copies} times, {row['lost']} attempts got lost"
            )
    found += [f"mail {name} belongs to nothing" for name in office.taken.keys() - {row["id"] for row in rows}]
    return sorted(found)


async def _told_by_mail(fleet: Fleet) -> AsyncIterator[tuple[UUID, str]]:
    for room, prefix in TOLD_BY.items():
        types = [
            name for name, each in ANNOUNCEMENTS.items() if name.startswith(prefix) and Channel.EMAIL in each.channels
        ]
        for row in await fleet.sql(room, "SELECT event_id, type, occurred_at FROM outbox WHERE type = ANY($1)", types):
            yield row["event_id"], f"{row['type']} {row['event_id']} of {row['occurred_at']:%H:%M:%S}"


async def numbers(fleet: Fleet, office: PostOffice, wrecker: Wrecker) -> list[str]:
    """Lines for whoever reads the report."""
    lines = []
    for room, statement in (
        ("order", "SELECT status || ' orders: ' || count(*) FROM orders GROUP BY status ORDER BY 1"),
        (
            "order",
            "SELECT 'error ' || error || ': ' || count(*) FROM checkout_sagas WHERE error IS NOT NULL GROUP BY error",
        ),
        ("payment", "SELECT status || ' payments: ' || count(*) FROM payments GROUP BY status ORDER BY 1"),
        ("payment", "SELECT status || ' attempts: ' || count(*) FROM payment_attempts GROUP BY status ORDER BY 1"),
        ("payment", "SELECT outcome || ' messages: ' || sum(times) FROM provider_messages GROUP BY outcome ORDER BY 1"),
        ("notification", "SELECT type || ' notifications: ' || count(*) FROM notifications GROUP BY type ORDER BY 1"),
        ("notification", "SELECT status || ' mail attempts: ' || count(*) FROM notification_logs GROUP BY status"),
    ):
        lines.append(", ".join(row[0] for row in await fleet.sql(room, statement)))
    repeated = sum(count - 1 for count in office.taken.values())
    lines.append(f"{len(office.taken)} mails came, {repeated} once more under the same Message-ID")
    lost = wrecker.kills["redis at any moment"]
    lines.append(f"Redis lost everything {lost} times, and the relays published again; every webhook came twice")
    return lines
