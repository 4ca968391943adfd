"""Subscriptions of the notification room."""

from collections.abc import AsyncGenerator

import strawberry

from subgraphs.kernel.context import Info
from subgraphs.kernel.errors import not_implemented_stream
from subgraphs.notification.api.types import Notification


@strawberry.type
class Subscription:
    @strawberry.federation.field(authenticated=True, description="The caller's new notifications, as they arrive.")
    def notification_received(self, info: Info) -> AsyncGenerator[Notification, None]:
        return not_implemented_stream("notificationReceived")
