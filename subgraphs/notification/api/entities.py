"""What this room adds to a User: the inbox and the channels that reach them."""

from typing import Any
from uuid import UUID

import strawberry

from subgraphs.kernel.context import Info
from subgraphs.kernel.federation import list_size
from subgraphs.kernel.identifiers import existing_uuid
from subgraphs.kernel.loaders import Loaded
from subgraphs.kernel.pagination import page_request
from subgraphs.notification import domain
from subgraphs.notification.api.types import NotificationConnection, connection
from subgraphs.notification.domain import Channel
from subgraphs.notification.loaders import Loaders
from subgraphs.notification.repository.inbox import NEWEST


@strawberry.federation.type(shareable=True, description="How a person wants to be written to and shown the shop.")
class Preferences:
    email_notifications: bool = strawberry.federation.field(external=True, description="Whether e-mail may be sent.")
    sms_notifications: bool = strawberry.federation.field(
        external=True, description="Whether text messages may be sent."
    )
    push_notifications: bool = strawberry.federation.field(
        external=True, description="Whether push messages may be sent."
    )


@strawberry.federation.type(keys=["id"], description="A person with an account, or a guest.")
class User:
    id: strawberry.ID = strawberry.field(description="Identity of the user in the whole shop.")
    preferences: Preferences | None = strawberry.federation.field(
        external=True, description="Preferences; null for a guest, and for a moment after registering.", default=None
    )
    chosen: strawberry.Private[domain.Preferences] = domain.Preferences()

    @strawberry.federation.field(
        authenticated=True, directives=[list_size("first")], description="The user's inbox, newest first."
    )
    async def notifications(
        self, info: Info, first: int | None = 20, after: str | None = None, unread_only: bool | None = False
    ) -> NotificationConnection:
        user_id = self._readable_id(info)
        request = page_request(NEWEST, info.context.principal, first=first, after=after)
        page = await info.context.loaders.inbox(request, bool(unread_only)).load(user_id)
        return connection(page, user_id, bool(unread_only))

    @strawberry.federation.field(authenticated=True, description="How many notifications of the inbox are unread.")
    def unread_notification_count(self, info: Info) -> Loaded[int]:
        loaders: Loaders = info.context.loaders
        return loaders.unread_count.load(self._readable_id(info))

    @strawberry.federation.field(
        authenticated=True,
        requires=["preferences { emailNotifications smsNotifications pushNotifications }"],
        description="The channels that notifications of a category reach this user by.",
    )
    def effective_channels(self, info: Info, category: str) -> list[Channel]:
        self._readable_id(info)
        return domain.effective_channels(category, self.chosen)

    def _readable_id(self, info: Info) -> UUID:
        info.context.principal.require(self.id, "users:read")
        return existing_uuid(self.id, "user")

    @classmethod
    def resolve_reference(
        cls, info: Info, id: strawberry.ID, preferences: dict[str, Any] | None = None, **_: object
    ) -> "User":
        """Any id: whether such a user exists is auth's knowledge. Fields check who may read."""
        if not preferences:
            return cls(id=id)
        chosen = domain.Preferences(
            email=bool(preferences.get("emailNotifications", True)),
            sms=bool(preferences.get("smsNotifications", False)),
            push=bool(preferences.get("pushNotifications", True)),
        )
        return cls(id=id, chosen=chosen)
