"""Subscriptions of the notification room."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

import strawberry
from strawberry.federation.schema_directives import Authenticated

from subgraphs.kernel.context import Info
from subgraphs.notification.api.types import Notification, notification
from subgraphs.notification.service import arrivals


@strawberry.type
class Subscription:
    @strawberry.subscription(
        directives=[Authenticated()], description="The caller's new notifications, as they arrive."
    )
    async def notification_received(self, info: Info) -> AsyncGenerator[Notification, None]:
        async with aclosing(arrivals(info.context.feed, info.context.principal)) as found:
            async for item in found:
                yield notification(item)
