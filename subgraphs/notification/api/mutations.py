"""Mutations of the notification room."""

import datetime as dt

import strawberry
from strawberry.scalars import JSON

from subgraphs.kernel.context import Info
from subgraphs.kernel.errors import UserError, settle
from subgraphs.notification import domain, service
from subgraphs.notification.api.types import (
    CountPayload,
    NotificationPayload,
    TemplateInput,
    TemplatePayload,
    notification,
    template,
)
from subgraphs.notification.events import HANDLERS


def _notification_payload(found: domain.Notification | None, errors: list[UserError]) -> NotificationPayload:
    return NotificationPayload(notification=notification(found) if found else None, errors=errors)


def _count_payload(count: int | None, errors: list[UserError]) -> CountPayload:
    return CountPayload(count=count or 0, errors=errors)


def _template_payload(preview: service.Preview | None, errors: list[UserError]) -> TemplatePayload:
    if preview is None:
        return TemplatePayload(template=None, preview=None, errors=errors)
    return TemplatePayload(template=template(preview.template), preview=preview.text, errors=errors)


@strawberry.type
class Mutation:
    @strawberry.federation.mutation(authenticated=True, description="Mark one of the caller's notifications read.")
    async def mark_notification_read(self, info: Info, id: strawberry.ID) -> NotificationPayload:
        return await settle(_notification_payload, "found", service.mark_read(info.context.principal, id))

    @strawberry.federation.mutation(
        authenticated=True, description="Mark the caller's notifications read: those made before a moment, or all."
    )
    async def mark_all_notifications_read(self, info: Info, before: dt.datetime | None = None) -> CountPayload:
        return await settle(_count_payload, "count", service.mark_all_read(info.context.principal, before))

    @strawberry.federation.mutation(
        requires_scopes=[["notifications:write"]],
        description="Write a template, new or in place of the one with its name.",
    )
    async def upsert_notification_template(self, info: Info, input: TemplateInput) -> TemplatePayload:
        work = service.upsert_template(
            name=input.name,
            channel=input.type,
            locale=input.locale or domain.DEFAULT_LOCALE,
            subject=input.subject,
            body=input.body,
            variables=input.variables,
            active=input.active is not False,
        )
        return await settle(_template_payload, "preview", work)

    @strawberry.federation.mutation(
        requires_scopes=[["notifications:write"]],
        description="Render a template with sample values; nothing is sent.",
    )
    async def preview_template(self, info: Info, name: str, variables: JSON) -> TemplatePayload:
        return await settle(_template_payload, "preview", service.preview_template(name, variables))

    @strawberry.federation.mutation(
        requires_scopes=[["ops:write"]], description="Apply an event again that could not be applied."
    )
    async def retry_dead_letter(self, info: Info, event_id: strawberry.ID) -> CountPayload:
        work = service.retry_dead_letter(info.context.room, HANDLERS, event_id)
        return await settle(_count_payload, "count", work)
