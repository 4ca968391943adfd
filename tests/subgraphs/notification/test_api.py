"""The notification room as the router asks it: inbox, orders, templates, dead letters, and who may see them."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import pytest

from subgraphs.notification.api import schema
from subgraphs.notification.app import create_app
from subgraphs.notification.tables import DB
from tests.fixtures.contracts import contract_differences
from tests.fixtures.rooms import RoomClient, StartRoom

ALICE, BOB = uuid4(), uuid4()
NOON = dt.datetime(2026, 1, 31, 12, tzinfo=dt.UTC)

INBOX = """
... on User {
  notifications(first: 2) {
    totalCount pageInfo { hasNextPage hasPreviousPage endCursor } edges { cursor node { title status } }
  }
}
"""


@pytest.fixture
async def client(start_room: StartRoom) -> AsyncIterator[RoomClient]:
    async with start_room("notification", create_app) as started:
        yield started


async def told(user: UUID, count: int = 1, *, order: UUID | None = None, channel: str = "in_app") -> list[UUID]:
    rows = await DB.fetch(
        """
        INSERT INTO notifications (user_id, type, category, title, message, order_id, created_at)
        SELECT $1, $2, 'order_update', 'title ' || n, 'text', $3, $4::timestamptz + n * interval '1 minute'
        FROM generate_series(1, $5::int) AS n RETURNING id
        """,
        user,
        channel,
        order,
        NOON,
        count,
    )
    return [row["id"] for row in rows]


def user(user_id: UUID, **fields: Any) -> dict[str, Any]:
    return {"__typename": "User", "id": str(user_id), **fields}


def test_the_exported_schema_is_the_contract() -> None:
    assert contract_differences("notification", schema.as_str()) == []


# -- inbox -------------------------------------------------------------------------------------------------------------


async def test_the_inbox_pages_from_new_to_old(client: RoomClient) -> None:
    await told(ALICE, 3)
    await told(ALICE, 2, channel="email")
    await told(BOB)
    (found,) = await client.entities(INBOX, user(ALICE), as_user=ALICE)
    assert found is not None
    page = found["notifications"]
    assert page["totalCount"] == 3
    assert [edge["node"]["title"] for edge in page["edges"]] == ["title 3", "title 2"]
    assert page["pageInfo"]["hasNextPage"]
    assert not page["pageInfo"]["hasPreviousPage"]
    rest = INBOX.replace("first: 2", f'first: 2, after: "{page["pageInfo"]["endCursor"]}"')
    (found,) = await client.entities(rest, user(ALICE), as_user=ALICE)
    assert found is not None
    assert [edge["node"]["title"] for edge in found["notifications"]["edges"]] == ["title 1"]
    assert not found["notifications"]["pageInfo"]["hasNextPage"]
    assert found["notifications"]["pageInfo"]["hasPreviousPage"]


async def test_unread_notifications_are_counted_and_filtered(client: RoomClient) -> None:
    first, *_ = await told(ALICE, 3)
    await DB.execute("UPDATE notifications SET status = 'read', read_at = now() WHERE id = $1", first)
    selection = (
        "... on User { unreadNotificationCount notifications(unreadOnly: true) { totalCount edges { cursor } } }"
    )
    (found,) = await client.entities(selection, user(ALICE), as_user=ALICE)
    assert found is not None
    assert found["unreadNotificationCount"] == 2
    assert found["notifications"]["totalCount"] == len(found["notifications"]["edges"]) == 2


@pytest.mark.parametrize("users", [1, 10, 100])
async def test_inboxes_cost_the_same_for_any_number_of_users(client: RoomClient, users: int) -> None:
    ids = [uuid4() for _ in range(users)]
    for owner in ids[:10]:
        await told(owner, 2)
    operation = """
    query($r: [_Any!]!) { _entities(representations: $r) { ... on User {
      unreadNotificationCount notifications(first: 5) { edges { node { title delivery { status } } } } } } }
    """
    variables = {"r": [user(owner) for owner in ids]}
    assert await client.statements(operation, variables, scopes=["users:read"]) == 3


async def test_nothing_is_counted_that_was_not_selected(client: RoomClient) -> None:
    operation = """query($r: [_Any!]!) { _entities(representations: $r) { ... on User {
      notifications(first: 5) { edges { node { title } } } unreadNotificationCount } } }"""
    assert await client.statements(operation, {"r": [user(ALICE)]}, as_user=ALICE) == 2


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ("first: 101", "PAGE_SIZE_OUT_OF_RANGE"),
        ("first: 0", "PAGE_SIZE_OUT_OF_RANGE"),
        ('after: "nonsense"', "INVALID_CURSOR"),
        ('after: "WyJPTERFU1QiLDFd"', "CURSOR_OF_ANOTHER_SORT"),
    ],
)
async def test_bad_pages_are_refused(client: RoomClient, arguments: str, code: str) -> None:
    answer = await client.send(
        f"query($r: [_Any!]!) {{ _entities(representations: $r) {{ ... on User {{"
        f" notifications({arguments}) {{ totalCount }} }} }} }}",
        {"r": [user(ALICE)]},
        as_user=ALICE,
    )
    assert [error["extensions"]["code"] for error in answer["errors"]] == [code]


# -- who may ---------------------------------------------------------------------------------------------------------


async def test_another_users_inbox_is_closed(client: RoomClient) -> None:
    (notification,) = await told(ALICE)
    operation = """query($r: [_Any!]!) { _entities(representations: $r) {
      ... on User { unreadNotificationCount } ... on Notification { title } } }"""
    variables = {"r": [user(ALICE), {"__typename": "Notification", "id": str(notification)}]}
    answer = await client.send(operation, variables, as_user=BOB)
    assert answer["data"]["_entities"] == [None, None]
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["FORBIDDEN"]
    answer = await client.send(operation, variables)
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["UNAUTHENTICATED"]
    answer = await client.send(operation, variables, as_user=ALICE)
    assert answer["data"]["_entities"] == [{"unreadNotificationCount": 1}, {"title": "title 1"}]


async def test_an_order_tells_each_caller_their_own(client: RoomClient) -> None:
    order = uuid4()
    await told(ALICE, order=order)
    await told(BOB, 2, order=order)
    selection = "... on Order { notifications { title order { id } } }"
    stub = {"__typename": "Order", "id": str(order)}
    (found,) = await client.entities(selection, stub, as_user=ALICE)
    assert found == {"notifications": [{"title": "title 1", "order": {"id": str(order)}}]}
    (found,) = await client.entities(selection, stub, scopes=["orders:read"])
    assert found is not None
    assert len(found["notifications"]) == 3


async def test_staff_queries_need_their_scopes(client: RoomClient) -> None:
    for query, scope in (
        ("{ notificationTemplates { name } }", "notifications:write"),
        ("{ deadLetters { eventId } }", "ops:read"),
    ):
        refused = await client.send(query, as_user=ALICE)
        assert refused["errors"][0]["extensions"]["code"] == "FORBIDDEN"
        await client.query(query, scopes=[scope])


# -- channels ----------------------------------------------------------------------------------------------------------


async def test_effective_channels_follow_the_preferences(client: RoomClient) -> None:
    selection = '... on User { orders: effectiveChannels(category: "order_update") }'
    wants = {"emailNotifications": False, "smsNotifications": True, "pushNotifications": False}
    (found,) = await client.entities(selection, user(ALICE, preferences=wants), as_user=ALICE)
    assert found == {"orders": ["IN_APP", "SMS"]}
    (found,) = await client.entities(selection, user(ALICE, preferences=None), as_user=ALICE)
    assert found == {"orders": ["IN_APP", "EMAIL", "PUSH"]}


# -- mutations ---------------------------------------------------------------------------------------------------------

MARK = "mutation($id: ID!) { markNotificationRead(id: $id) { notification { status readAt } errors { code path } } }"


async def test_marking_read_twice_changes_once(client: RoomClient) -> None:
    (notification,) = await told(ALICE)
    first = await client.query(MARK, {"id": str(notification)}, as_user=ALICE)
    assert first["markNotificationRead"]["notification"]["status"] == "READ"
    again = await client.query(MARK, {"id": str(notification)}, as_user=ALICE)
    assert again == first


@pytest.mark.parametrize("notification", ["someone else's", "00000000-0000-0000-0000-000000000000", "junk"])
async def test_only_ones_own_can_be_marked(client: RoomClient, notification: str) -> None:
    (alices,) = await told(ALICE)
    wanted = str(alices) if notification == "someone else's" else notification
    answer = await client.query(MARK, {"id": wanted}, as_user=BOB)
    assert answer["markNotificationRead"] == {"notification": None, "errors": [{"code": "NOT_FOUND", "path": ["id"]}]}
    assert await DB.fetch_value("SELECT count(*) FROM notifications WHERE status = 'read'") == 0


async def test_all_can_be_marked_read_up_to_a_moment(client: RoomClient) -> None:
    await told(ALICE, 3)
    await told(BOB)
    mutation = "mutation($before: DateTime) { markAllNotificationsRead(before: $before) { count errors { code } } }"
    before = (NOON + dt.timedelta(minutes=3)).isoformat()
    answer = await client.query(mutation, {"before": before}, as_user=ALICE)
    assert answer["markAllNotificationsRead"] == {"count": 2, "errors": []}
    answer = await client.query(mutation, as_user=ALICE)
    assert answer["markAllNotificationsRead"]["count"] == 1


UPSERT = """
mutation($input: TemplateInput!) {
  upsertNotificationTemplate(input: $input) { template { name active locale variables } errors { code path } }
}
"""
STAFF = ["notifications:write"]


async def test_templates_are_written_previewed_and_replaced(client: RoomClient) -> None:
    template = {
        "name": "order.gift.email",
        "type": "EMAIL",
        "subject": "Order {{ order_number }}",
        "body": "<p>Hello {{ first_name }}</p>",
        "variables": ["order_number", "first_name"],
    }
    data = await client.query(UPSERT, {"input": template}, scopes=STAFF)
    assert data["upsertNotificationTemplate"]["errors"] == []
    preview = """mutation($v: JSON!) {
      previewTemplate(name: "order.gift.email", variables: $v) { preview errors { code path } } }"""
    values = {"order_number": "ORD-1", "first_name": "<b>Ann</b>"}
    data = await client.query(preview, {"v": values}, scopes=STAFF)
    assert data["previewTemplate"]["preview"] == "Order ORD-1\n\n<p>Hello &lt;b&gt;Ann&lt;/b&gt;</p>"
    data = await client.query(preview, {"v": {"order_number": "ORD-1"}}, scopes=STAFF)
    assert data["previewTemplate"]["preview"] is None
    assert data["previewTemplate"]["errors"] == [
        {"code": "TEMPLATE_VARIABLE_MISSING", "path": ["variables", "first_name"]}
    ]
    await client.query(UPSERT, {"input": {**template, "active": False}}, scopes=STAFF)
    listed = await client.query("{ notificationTemplates(type: EMAIL) { name active } }", scopes=STAFF)
    found = [item for item in listed["notificationTemplates"] if item["name"] == "order.gift.email"]
    assert found == [{"name": "order.gift.email", "active": False}]


@pytest.mark.parametrize(
    ("name", "kind", "locale", "codes"),
    [
        ("user.password_changed.email", "EMAIL", "en", []),
        ("user.password_changed.email", "SMS", "en", ["TEMPLATE_TYPE_MISMATCH"]),
        ("user.password_changed.email", "EMAIL", "de", ["TEMPLATE_LOCALE_MISMATCH"]),
        ("user.password_changed.email.de", "EMAIL", "de", []),
        ("user.password_changed.email.de", "EMAIL", "en", ["TEMPLATE_LOCALE_MISMATCH"]),
        ("user.password_changed.email.sms", "SMS", "en", []),
        ("user.password_changed.in_app.pt-BR", "IN_APP", "pt-BR", []),
    ],
)
async def test_a_template_is_of_the_channel_and_locale_of_its_name(
    client: RoomClient, name: str, kind: str, locale: str, codes: list[str]
) -> None:
    """By its name it is found: another type would be escaped wrongly, another locale read by everybody (S-044)."""
    before = await DB.fetch("SELECT * FROM notification_templates ORDER BY id")
    template = {"name": name, "type": kind, "locale": locale, "body": "Hi", "variables": []}
    data = await client.query(UPSERT, {"input": template}, scopes=STAFF)
    assert [error["code"] for error in data["upsertNotificationTemplate"]["errors"]] == codes
    if codes:
        assert await DB.fetch("SELECT * FROM notification_templates ORDER BY id") == before


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"name": "Bad name"}, "TEMPLATE_NAME_INVALID"),
        ({"name": "order.confirmed"}, "TEMPLATE_NAME_INVALID"),
        ({"name": "sms"}, "TEMPLATE_NAME_INVALID"),
        ({"name": "a.sms.de.at"}, "TEMPLATE_NAME_INVALID"),
        ({"type": "EMAIL"}, "TEMPLATE_TYPE_MISMATCH"),
        ({"locale": "de"}, "TEMPLATE_LOCALE_MISMATCH"),
        ({"subject": "a\r\nBcc: all@example.com"}, "TEMPLATE_SUBJECT_INVALID"),
        ({"locale": "not a locale"}, "LOCALE_INVALID"),
        ({"body": " "}, "TEMPLATE_BODY_INVALID"),
        ({"body": "Hello {{ name }"}, "TEMPLATE_SYNTAX"),
        ({"body": "Hello {{ other }}"}, "TEMPLATE_VARIABLE_UNDECLARED"),
        ({"subject": "x" * 256}, "TEMPLATE_SUBJECT_INVALID"),
        ({"subject": "a\x00b"}, "TEMPLATE_SUBJECT_INVALID"),
        ({"body": "a\x00b"}, "TEMPLATE_BODY_INVALID"),
    ],
)
async def test_bad_templates_are_refused(client: RoomClient, change: dict[str, str], code: str) -> None:
    before = await DB.fetch("SELECT name, body FROM notification_templates ORDER BY name")
    template = {"name": "a.sms", "type": "SMS", "body": "Hello {{ name }}", "variables": ["name"], **change}
    data = await client.query(UPSERT, {"input": template}, scopes=STAFF)
    assert data["upsertNotificationTemplate"]["errors"] == [{"code": code, "path": ["input", *change]}]
    assert await DB.fetch("SELECT name, body FROM notification_templates ORDER BY name") == before
