"""Types of the notification room."""

import datetime as dt
from typing import Annotated
from uuid import UUID

import strawberry
from strawberry.scalars import JSON

from subgraphs.kernel.context import Info
from subgraphs.kernel.errors import UserError
from subgraphs.kernel.identifiers import uuid_or_none
from subgraphs.kernel.loaders import Loaded
from subgraphs.kernel.pagination import Page
from subgraphs.kernel.shared_types import PageInfo
from subgraphs.notification import domain
from subgraphs.notification.domain import Channel, DeliveryStatus, Priority, ReadStatus
from subgraphs.notification.loaders import Loaders

strawberry.enum(Channel, description="A way to reach a user.")
strawberry.enum(ReadStatus, description="Whether the recipient has read a notification.")
strawberry.enum(Priority, description="How much a notification matters.")
strawberry.enum(DeliveryStatus, description="Outcome of an attempt to deliver.")


@strawberry.type(description="One attempt to deliver a notification over its channel.")
class DeliveryAttempt:
    status: DeliveryStatus = strawberry.field(description="How the attempt ended.")
    error_message: str | None = strawberry.field(description="Why it failed.")
    sent_at: dt.datetime | None = strawberry.field(description="When the channel took the notification.")


@strawberry.federation.type(keys=["id"], description="Something that a user was told.")
class Notification:
    id: strawberry.ID = strawberry.field(description="Identity of the notification.")
    type: Channel = strawberry.field(description="Channel it was told over; the inbox is IN_APP.")
    category: str = strawberry.field(description="What it is about: order_update, payment_confirmation, account.")
    title: str = strawberry.field(description="Heading.")
    message: str = strawberry.field(description="Text.")
    status: ReadStatus = strawberry.field(description="Whether the recipient has read it.")
    priority: Priority = strawberry.field(description="How much it matters.")
    data: JSON | None = strawberry.field(description="Ids and numbers to link with.")
    read_at: dt.datetime | None = strawberry.field(description="When it was read.")
    created_at: dt.datetime = strawberry.field(description="When it was made.")
    order: Annotated["Order", strawberry.lazy("subgraphs.notification.api.types")] | None = strawberry.field(
        description="The order it is about."
    )
    row_id: strawberry.Private[UUID]

    @strawberry.field(description="Attempts to deliver it, oldest first.")
    async def delivery(self, info: Info) -> list[DeliveryAttempt]:
        found = await info.context.loaders.deliveries.load(self.row_id)
        return [DeliveryAttempt(status=d.status, error_message=d.error_message, sent_at=d.sent_at) for d in found]

    @classmethod
    async def resolve_reference(cls, info: Info, id: strawberry.ID, **_: object) -> "Notification | None":
        """The caller's own notification; others are as if they did not exist, except to staff."""
        wanted = uuid_or_none(id)
        found = await info.context.loaders.notification.load(wanted) if wanted else None
        if found is None or not info.context.principal.may_read(found.user_id, "users:read"):
            return None
        return notification(found)


def notification(found: domain.Notification) -> Notification:
    """The GraphQL object of a notification."""
    return Notification(
        id=strawberry.ID(str(found.id)),
        type=found.type,
        category=found.category,
        title=found.title,
        message=found.message,
        status=found.status,
        priority=found.priority,
        data=JSON(found.data) if found.data is not None else None,
        read_at=found.read_at,
        created_at=found.created_at,
        order=Order(id=strawberry.ID(str(found.order_id))) if found.order_id else None,
        row_id=found.id,
    )


@strawberry.federation.type(keys=["id"], description="A purchase.")
class Order:
    id: strawberry.ID = strawberry.field(description="Identity of the order.")

    @strawberry.federation.field(authenticated=True, description="What the caller was told about it, newest first.")
    async def notifications(self, info: Info) -> list[Notification]:
        order_id = uuid_or_none(self.id)
        found = await info.context.loaders.by_order.load(order_id) if order_id else []
        return [notification(item) for item in found]

    @classmethod
    def resolve_reference(cls, info: Info, id: strawberry.ID, **_: object) -> "Order":
        return cls(id=id)


@strawberry.type(description="A notification in its list.")
class NotificationEdge:
    cursor: str = strawberry.field(description="Place of the notification in the list.")
    node: Notification = strawberry.field(description="The notification.")


@strawberry.type(description="A page of notifications, newest first.")
class NotificationConnection:
    edges: list[NotificationEdge] = strawberry.field(description="The notifications of this page.")
    page_info: PageInfo = strawberry.field(description="Where this page lies.")
    owner: strawberry.Private[UUID]
    unread_only: strawberry.Private[bool]

    @strawberry.field(description="How many notifications the whole list has; counted only when selected.")
    def total_count(self, info: Info) -> Loaded[int]:
        loaders: Loaders = info.context.loaders
        return loaders.inbox_count(self.unread_only).load(self.owner)


def connection(page: Page[domain.Notification], owner: UUID, unread_only: bool) -> NotificationConnection:
    """The GraphQL object of one inbox page."""
    return NotificationConnection(
        edges=[NotificationEdge(cursor=edge.cursor, node=notification(edge.node)) for edge in page.edges],
        page_info=page.info,
        owner=owner,
        unread_only=unread_only,
    )


@strawberry.type(description="Text of a kind of notification on one channel in one language.")
class NotificationTemplate:
    id: strawberry.ID = strawberry.field(description="Identity of the template.")
    name: str = strawberry.field(description="Event and channel, e.g. order.confirmed.in_app; may end in a locale.")
    type: Channel = strawberry.field(description="Channel it is for.")
    subject: str | None = strawberry.field(description="Title with {{ variables }}.")
    body: str = strawberry.field(description="Text with {{ variables }}.")
    variables: list[str] = strawberry.field(description="Variables that must be given.")
    active: bool = strawberry.field(description="Whether it is used.")
    locale: str = strawberry.field(description="Language, BCP 47.")


def template(found: domain.Template) -> NotificationTemplate:
    """The GraphQL object of a template."""
    return NotificationTemplate(
        id=strawberry.ID(str(found.id)),
        name=found.name,
        type=found.type,
        subject=found.subject,
        body=found.body,
        variables=list(found.variables),
        active=found.active,
        locale=found.locale,
    )


@strawberry.type(description="An event that could not be applied.")
class DeadLetter:
    event_id: strawberry.ID = strawberry.field(description="Identity of the event.")
    event_type: str = strawberry.field(description="What happened, e.g. order.confirmed.")
    error: str = strawberry.field(description="Why the last attempt failed.")
    attempts: int = strawberry.field(description="How often it was tried.")


@strawberry.type(description="Result of a change to one notification.")
class NotificationPayload:
    notification: Notification | None = strawberry.field(description="The notification afterwards.")
    errors: list[UserError] = strawberry.field(description="Why nothing changed; empty on success.")


@strawberry.type(description="Result of a change to many things.")
class CountPayload:
    count: int = strawberry.field(description="How many changed.")
    errors: list[UserError] = strawberry.field(description="Why nothing changed; empty on success.")


@strawberry.type(description="Result of a change to or a preview of a template.")
class TemplatePayload:
    template: NotificationTemplate | None = strawberry.field(description="The template afterwards.")
    preview: str | None = strawberry.field(description="What it renders to.")
    errors: list[UserError] = strawberry.field(description="What is wrong; empty on success.")


@strawberry.input(description="A template to write.")
class TemplateInput:
    name: str = strawberry.field(description="Event and channel, e.g. order.confirmed.email; may end in a locale.")
    type: Channel = strawberry.field(description="Channel it is for.")
    locale: str | None = strawberry.field(description="Language, BCP 47.", default="en")
    subject: str | None = strawberry.field(description="Title with {{ variables }}.", default=None)
    body: str = strawberry.field(description="Text with {{ variables }}.")
    variables: list[str] = strawberry.field(description="Variables that must be given.")
    active: bool | None = strawberry.field(description="Whether it is used.", default=True)
