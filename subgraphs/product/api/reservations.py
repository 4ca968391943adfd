"""Types of the hidden stock operations; only sibling services meet them (shop.md §5)."""

import datetime as dt

import strawberry

from subgraphs.kernel.shared_types import Money
from subgraphs.product.domain import stock


@strawberry.federation.input(inaccessible=True, description="Units of a product that an order needs.")
class StockLine:
    product_id: strawberry.ID = strawberry.field(description="Identity of the product.")
    quantity: int = strawberry.field(description="Number of units, at least one.")


@strawberry.federation.type(inaccessible=True, description="A held line with the price it was quoted.")
class ReservedLine:
    product_id: strawberry.ID = strawberry.field(description="Identity of the product.")
    sku: str = strawberry.field(description="Its stock keeping unit.")
    name: str = strawberry.field(description="Its name.")
    unit_price: Money = strawberry.field(description="Price of one unit when the hold was made.")
    quantity: int = strawberry.field(description="Number of units.")


@strawberry.federation.type(inaccessible=True, description="What cannot be held.")
class Shortage:
    product_id: strawberry.ID = strawberry.field(description="Identity of the product.")
    requested: int = strawberry.field(description="Units asked for.")
    available: int = strawberry.field(description="Units there are; none of a product that is not on sale.")


@strawberry.federation.type(inaccessible=True, description="State of an order's hold on stock.")
class ReservationResult:
    ok: bool = strawberry.field(description="Whether what was asked for is now the case.")
    state: str = strawberry.field(description="NONE, HELD, COMMITTED, RELEASED, EXPIRED or OUT_OF_STOCK.")
    expires_at: dt.datetime | None = strawberry.field(description="When a running hold ends.")
    lines: list[ReservedLine] = strawberry.field(description="What the order holds or held.")
    shortages: list[Shortage] = strawberry.field(description="What is missing when nothing could be held.")

    @classmethod
    def of(cls, answer: stock.Reservation) -> "ReservationResult":
        return cls(
            ok=answer.ok,
            state=answer.state.value,
            expires_at=answer.expires_at,
            lines=[
                ReservedLine(
                    product_id=strawberry.ID(str(line.product_id)),
                    sku=line.sku,
                    name=line.name,
                    unit_price=Money(amount=line.unit_price, currency=line.currency),
                    quantity=line.quantity,
                )
                for line in answer.lines
            ],
            shortages=[
                Shortage(
                    product_id=strawberry.ID(str(each.product_id)), requested=each.requested, available=each.available
                )
                for each in answer.shortages
            ],
        )
