"""Order and what belongs to it: items, addresses, history, connections, filters."""

import datetime as dt
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from subgraphs.kernel.context import Info
from subgraphs.kernel.identifiers import uuid_or_none
from subgraphs.kernel.pagination import Page
from subgraphs.kernel.shared_types import Money, PageInfo
from subgraphs.order.api.references import Product, PublicProfile
from subgraphs.order.domain.checkout import STATE_AFTER, CheckoutState, SagaStep
from subgraphs.order.domain.order_number import normalise_order_number
from subgraphs.order.domain.pricing import FREE_SHIPPING_FROM, SHIPPING_FLAT
from subgraphs.order.domain.records import ItemRecord, OrderRecord, StatusChangeRecord
from subgraphs.order.domain.status import OrderStatus, allowed_transitions

if TYPE_CHECKING:  # strawberry.lazy resolves it: Order and User refer to each other
    from subgraphs.order.api.users import User

READ_SCOPE = "orders:read"
"""Who has it may read the orders of others."""


@strawberry.type(description="Where an order goes or whom it is billed to, as it was when the order was placed.")
class OrderAddress:
    recipient: str | None = strawberry.field(description="Name on the parcel.")
    street: str = strawberry.field(description="Street and number.")
    street2: str | None = strawberry.field(description="Flat, floor, company.")
    city: str = strawberry.field(description="Town.")
    state: str = strawberry.field(description="State or province; empty where a country has none.")
    zip_code: str = strawberry.field(description="Postcode; empty where a country has none.")
    country: str = strawberry.field(description="ISO 3166-1 alpha-2 code.")
    phone: str | None = strawberry.field(description="Phone number for the carrier.")

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> "OrderAddress":
        """From the stored JSON; keys that older copies lack read as empty."""
        return cls(
            recipient=stored.get("recipient"),
            street=stored["street"],
            street2=stored.get("street2"),
            city=stored["city"],
            state=stored.get("state") or "",
            zip_code=stored.get("zip_code") or "",
            country=stored["country"],
            phone=stored.get("phone"),
        )


@strawberry.type(description="One step of an order's history.")
class OrderStatusChange:
    status: OrderStatus = strawberry.field(description="The status it moved to.")
    notes: str | None = strawberry.field(description="Remark of who moved it.")
    at: dt.datetime = strawberry.field(description="When.")
    actor: PublicProfile | None = strawberry.field(description="Who moved it; null for the shop itself.")

    @classmethod
    def of(cls, change: StatusChangeRecord) -> "OrderStatusChange":
        actor = PublicProfile(id=strawberry.ID(str(change.actor_id))) if change.actor_id else None
        return cls(status=change.status, notes=change.notes, at=change.created_at, actor=actor)


@strawberry.federation.type(keys=["id"], description="A line of an order: the product as it was bought.")
class OrderItem:
    id: strawberry.ID = strawberry.field(description="Identity of the line.")
    product: Product | None = strawberry.field(description="The product as it is now; null when it is gone.")
    product_name: str = strawberry.field(description="Its name when it was ordered.")
    product_sku: str = strawberry.field(description="Its SKU when it was ordered.")
    quantity: int = strawberry.field(description="Units ordered.")
    unit_price: Money = strawberry.field(description="Price of one unit when it was ordered.")
    subtotal: Money = strawberry.field(description="unitPrice times quantity.")

    @classmethod
    def of(cls, item: ItemRecord) -> "OrderItem":
        return cls(
            id=strawberry.ID(str(item.id)),
            product=Product(id=strawberry.ID(str(item.product_id))),
            product_name=item.product_name,
            product_sku=item.product_sku,
            quantity=item.quantity,
            unit_price=Money(amount=item.unit_price, currency=item.currency),
            subtotal=Money(amount=item.subtotal, currency=item.currency),
        )

    @classmethod
    async def resolve_reference(cls, info: Info, id: strawberry.ID, **_: Any) -> "OrderItem | None":
        """Null for unknown lines and for lines of orders that the caller may not read."""
        key = uuid_or_none(id)
        found = await info.context.loaders.item_by_id.load(key) if key else None
        if found is None or not info.context.principal.may_read(found[0], READ_SCOPE):
            return None
        return cls.of(found[1])


@strawberry.federation.type(keys=["id", "orderNumber"], description="A purchase.")
class Order:
    id: strawberry.ID = strawberry.field(description="Identity of the order.")
    order_number: str = strawberry.field(description="Number for people: ORD-date-random with a check symbol.")
    status: OrderStatus = strawberry.field(description="Where it stands.")
    buyer: Annotated["User", strawberry.lazy("subgraphs.order.api.users")] = strawberry.federation.field(
        shareable=True, description="Who ordered."
    )
    contact_email: str | None = strawberry.field(description="Where to write about it, when not to the account.")
    subtotal: Money = strawberry.field(description="Sum of the items.")
    shipping_cost: Money = strawberry.field(
        description=f"{SHIPPING_FLAT} in the order's currency, free from {FREE_SHIPPING_FROM} of items on."
    )
    tax: Money = strawberry.field(description="Tax on top of the prices; prices include tax, so it is 0.")
    total: Money = strawberry.field(description="What the buyer pays: subtotal + shippingCost + tax - discounts.")
    shipping_address: OrderAddress = strawberry.field(description="Where it goes.")
    billing_address: OrderAddress = strawberry.field(description="Whom it is billed to.")
    payment_method: str | None = strawberry.field(description="How the buyer chose to pay.")
    tracking_number: str | None = strawberry.field(description="The carrier's number, once it is packed.")
    notes: str | None = strawberry.field(description="The buyer's remarks.")
    cancel_reason: str | None = strawberry.field(description="Why it was cancelled.")
    placed_at: dt.datetime = strawberry.field(description="When it was placed.")
    updated_at: dt.datetime = strawberry.field(description="When it last changed.")
    version: int = strawberry.field(description="Raised at every change; send it with transitionOrder.")
    record: strawberry.Private[OrderRecord]

    @strawberry.field(description="The statuses it may move to from here.")
    async def allowed_transitions(self, info: Info) -> list[OrderStatus]:
        saga = await info.context.loaders.saga.load(self.record.id)
        if saga is not None and saga.step is SagaStep.COMPENSATING:
            return []  # as a move would be refused while it is being cancelled
        return list(allowed_transitions(self.record.status))

    @strawberry.field(description="Its lines, in the order of the basket.")
    async def items(self, info: Info) -> list[OrderItem]:
        return [OrderItem.of(item) for item in await info.context.loaders.items.load(self.record.id)]

    @strawberry.field(description="Every status it has had, oldest first.")
    async def history(self, info: Info) -> list[OrderStatusChange]:
        return [OrderStatusChange.of(change) for change in await info.context.loaders.history.load(self.record.id)]

    @strawberry.field(description="How far its checkout has come.")
    async def checkout_state(self, info: Info) -> CheckoutState:
        saga = await info.context.loaders.saga.load(self.record.id)
        if saga is not None:
            return STATE_AFTER[saga.step]
        return CheckoutState.FAILED if self.record.status is OrderStatus.CANCELLED else CheckoutState.COMPLETED

    @classmethod
    def of(cls, order: OrderRecord) -> "Order":
        """The type of a record; who may read it has been checked."""
        from subgraphs.order.api.users import User  # Order and User refer to each other

        def money(amount: Any) -> Money:
            return Money(amount=amount, currency=order.currency)

        return cls(
            id=strawberry.ID(str(order.id)),
            order_number=order.order_number,
            status=order.status,
            buyer=User(id=strawberry.ID(str(order.user_id))),
            contact_email=order.contact_email,
            subtotal=money(order.subtotal),
            shipping_cost=money(order.shipping_cost),
            tax=money(order.tax),
            total=money(order.total),
            shipping_address=OrderAddress.of(order.shipping_address),
            billing_address=OrderAddress.of(order.billing_address),
            payment_method=order.payment_method,
            tracking_number=order.tracking_number,
            notes=order.notes,
            cancel_reason=order.cancel_reason,
            placed_at=order.created_at,
            updated_at=order.updated_at,
            version=order.version,
            record=order,
        )

    @classmethod
    async def resolve_reference(
        cls,
        info: Info,
        id: strawberry.ID | None = None,
        orderNumber: str | None = None,  # noqa: N803
        **_: Any,
    ) -> "Order | None":
        """By either key; null for unknown orders and for those that the caller may not read."""
        return readable(info, await load_order(info, id, orderNumber))


async def load_order(info: Info, id: str | None, order_number: str | None) -> OrderRecord | None:
    """The order with this id or number; a number is read as people type it."""
    loaders = info.context.loaders
    order: OrderRecord | None = None
    if id is not None:
        key = uuid_or_none(id)
        order = await loaders.order_by_id.load(key) if key else None
    elif order_number is not None:
        number = normalise_order_number(order_number) or order_number
        order = await loaders.order_by_number.load(number)
    return order


def readable(info: Info, order: OrderRecord | None) -> Order | None:
    """The order if the caller is its buyer or may read all orders, else None: a stranger learns nothing."""
    if order is None or not info.context.principal.may_read(order.user_id, READ_SCOPE):
        return None
    return Order.of(order)


@strawberry.type(description="An order in a page.")
class OrderEdge:
    cursor: str = strawberry.field(description="Position of the order in the list.")
    node: Order = strawberry.field(description="The order.")


@strawberry.type(description="A page of orders.")
class OrderConnection:
    edges: list[OrderEdge] = strawberry.field(description="The orders with their cursors.")
    nodes: list[Order] = strawberry.field(description="The orders.")
    page_info: PageInfo = strawberry.field(description="Where the page lies.")
    count: strawberry.Private[Callable[[], Awaitable[int]]]

    @strawberry.field(description="How many orders fit in all; counted only when asked for.")
    async def total_count(self) -> int:
        return await self.count()

    @classmethod
    def of(cls, page: Page[OrderRecord], count: Callable[[], Awaitable[int]]) -> "OrderConnection":
        edges = [OrderEdge(cursor=edge.cursor, node=Order.of(edge.node)) for edge in page.edges]
        return cls(edges=edges, nodes=[edge.node for edge in edges], page_info=page.info, count=count)
