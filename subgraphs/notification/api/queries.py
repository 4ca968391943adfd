"""Queries for staff; what users see hangs on User and Order."""

import strawberry

from subgraphs.kernel.context import Info
from subgraphs.kernel.pagination import check_limit
from subgraphs.notification.api.types import DeadLetter, NotificationTemplate, template
from subgraphs.notification.domain import Channel
from subgraphs.notification.repository import dead_letters, templates


@strawberry.type
class Query:
    @strawberry.federation.field(
        requires_scopes=[["notifications:write"]], description="All templates, or those of one channel, by name."
    )
    async def notification_templates(self, info: Info, type: Channel | None = None) -> list[NotificationTemplate]:
        return [template(found) for found in await templates.list_templates(type)]

    @strawberry.federation.field(
        requires_scopes=[["ops:read"]], description="Events that could not be applied, latest first."
    )
    async def dead_letters(self, info: Info, first: int | None = 50) -> list[DeadLetter]:
        limit = check_limit(first, info.context.principal, default=50)
        return [
            DeadLetter(
                event_id=strawberry.ID(str(letter.event_id)),
                event_type=letter.event_type,
                error=letter.error,
                attempts=letter.attempts,
            )
            for letter in await dead_letters.latest(limit)
        ]
