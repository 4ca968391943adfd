"""DataLoaders of one request: what many resolvers ask for one key at a time becomes one statement."""

from __future__ import annotations

from collections import defaultdict
from functools import cached_property
from uuid import UUID

from aiodataloader import DataLoader

from subgraphs.kernel.loaders import RequestLoaders, many_by_key, one_by_key, value_by_key
from subgraphs.kernel.pagination import Page, PageRequest
from subgraphs.order.domain.records import (
    CartRecord,
    ItemRecord,
    OrderFilter,
    OrderRecord,
    SagaRecord,
    StatsRecord,
    StatusChangeRecord,
)
from subgraphs.order.repository import carts, orders, sagas, sales


def sort_values(order: OrderRecord) -> tuple[object, ...]:
    """The values of a date-ordered keyset."""
    return (order.created_at, order.id)


class Loaders(RequestLoaders):
    """One attribute per batch; methods for those that depend on field arguments."""

    @cached_property
    def order_by_id(self) -> DataLoader[UUID, OrderRecord | None]:
        return one_by_key(orders.orders_by_id)

    @cached_property
    def order_by_number(self) -> DataLoader[str, OrderRecord | None]:
        return one_by_key(orders.orders_by_number)

    @cached_property
    def items(self) -> DataLoader[UUID, list[ItemRecord]]:
        return many_by_key(orders.items_by_order)

    @cached_property
    def item_by_id(self) -> DataLoader[UUID, tuple[UUID, ItemRecord] | None]:
        """An item with the id of its buyer."""
        return one_by_key(orders.items_by_id)

    @cached_property
    def history(self) -> DataLoader[UUID, list[StatusChangeRecord]]:
        return many_by_key(orders.history_by_order)

    @cached_property
    def saga(self) -> DataLoader[UUID, SagaRecord | None]:
        return one_by_key(sagas.sagas_by_order)

    @cached_property
    def cart_by_id(self) -> DataLoader[UUID, CartRecord | None]:
        return one_by_key(carts.carts_by_id)

    @cached_property
    def cart_by_user(self) -> DataLoader[UUID, CartRecord | None]:
        return one_by_key(carts.carts_by_user)

    @cached_property
    def stats(self) -> DataLoader[UUID, StatsRecord]:
        return value_by_key(sales.stats_by_user, lambda: StatsRecord(0, (), None))

    @cached_property
    def units_sold(self) -> DataLoader[UUID, int]:
        return value_by_key(sales.units_sold, lambda: 0)

    def purchased_by(self, user_id: UUID) -> DataLoader[UUID, bool]:
        """Whether this user has bought the product."""
        return self.for_arguments(
            ("purchased", user_id),
            lambda: value_by_key(lambda products: sales.purchased(user_id, products), lambda: False),
        )

    def orders_of_user(self, criteria: OrderFilter, request: PageRequest) -> DataLoader[UUID, Page[OrderRecord]]:
        """A page of each user's orders."""

        async def pages(user_ids: list[UUID]) -> dict[UUID, Page[OrderRecord]]:
            groups: defaultdict[UUID, list[OrderRecord]] = defaultdict(list)
            for user_id, order in await orders.orders_by_user(user_ids, criteria, request):
                groups[user_id].append(order)
            return {user_id: request.page(found, sort_values) for user_id, found in groups.items()}

        return self.for_arguments(
            ("orders", criteria, request), lambda: value_by_key(pages, lambda: request.page([], sort_values))
        )

    def order_count_of_user(self, criteria: OrderFilter) -> DataLoader[UUID, int]:
        """How many of each user's orders fit."""
        return self.for_arguments(
            ("order count", criteria),
            lambda: value_by_key(lambda user_ids: orders.count_by_user(user_ids, criteria), lambda: 0),
        )
