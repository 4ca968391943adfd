"""This request's DataLoaders."""

from __future__ import annotations

from functools import cached_property, partial
from uuid import UUID

from aiodataloader import DataLoader

from subgraphs.kernel.loaders import RequestLoaders, many_by_key, one_by_key, value_by_key
from subgraphs.kernel.pagination import Page, PageRequest
from subgraphs.notification.domain import Delivery, Notification
from subgraphs.notification.repository import inbox


class Loaders(RequestLoaders):
    """Batches by notification, user and order."""

    @cached_property
    def notification(self) -> DataLoader[UUID, Notification | None]:
        return one_by_key(inbox.notifications_by_id)

    @cached_property
    def deliveries(self) -> DataLoader[UUID, list[Delivery]]:
        return many_by_key(inbox.deliveries)

    @cached_property
    def unread_count(self) -> DataLoader[UUID, int]:
        return value_by_key(inbox.unread_counts, int)

    def inbox(self, request: PageRequest, unread_only: bool) -> DataLoader[UUID, Page[Notification] | None]:
        """Pages of inboxes; every user of the batch gets the same kind of page."""
        fetch = partial(inbox.inbox_pages, request, unread_only)
        return self.for_arguments(("inbox", request, unread_only), lambda: one_by_key(fetch))

    def inbox_count(self, unread_only: bool) -> DataLoader[UUID, int]:
        if unread_only:
            return self.unread_count
        fetch = partial(inbox.inbox_counts, unread_only)
        return self.for_arguments(("inbox_count", unread_only), lambda: value_by_key(fetch, int))

    @cached_property
    def by_order(self) -> DataLoader[UUID, list[Notification]]:
        """What was told about an order: to the caller, or to anybody when the caller may read all orders."""
        principal = self.context.principal
        reader = None if principal.has_scope("orders:read") else principal.required_user()
        return many_by_key(partial(inbox.notifications_by_order, reader))
