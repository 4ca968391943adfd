"""Cart and CartLine; sums and warnings come from product data that the router brings with the reference (§3).

A ``Cart`` representation carries ``lines { product { … } }`` without quantities and ids: they are matched to the stored
lines by position, which is only right while the version in the key is still the cart's.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import strawberry

from subgraphs.kernel.context import Info
from subgraphs.kernel.identifiers import uuid_or_none
from subgraphs.kernel.shared_types import Money
from subgraphs.order.api.orders import READ_SCOPE
from subgraphs.order.api.references import Product
from subgraphs.order.domain.cart import Line, decode_line_id, encode_line_id, total_quantity
from subgraphs.order.domain.pricing import sum_of_prices
from subgraphs.order.domain.records import CartRecord

Representation = Mapping[str, Any]


@strawberry.type(description="Something about a cart that its owner should know before buying.")
class CartWarning:
    code: str = strawberry.field(
        description="OUT_OF_STOCK, INSUFFICIENT_STOCK, UNAVAILABLE, or CART_CHANGED: fetch the cart again."
        " When carts are merged: MERGED, or QUANTITY_CAPPED."
    )
    product_id: strawberry.ID = strawberry.field(description="The product; for CART_CHANGED the cart.")
    available: int | None = strawberry.field(
        description="Units that can be bought; when carts are merged, units now in the cart."
    )


@strawberry.federation.type(keys=["id"], description="One product in a cart.")
class CartLine:
    id: strawberry.ID = strawberry.field(description="Identity of the line; changes with its quantity.")
    product: Product = strawberry.field(description="The product.")
    quantity: int = strawberry.field(description="Units of it, 1 to 99.")
    added_at: dt.datetime = strawberry.field(description="When it was first added.")
    price: strawberry.Private[tuple[Decimal, str] | None] = None

    @strawberry.federation.field(
        requires=["product { price { amount currency } }"],
        description="Current price times quantity; null when the product has no price.",
    )
    def line_total(self) -> Money | None:
        if self.price is None:
            return None
        amount, currency = self.price
        return Money(amount=amount * self.quantity, currency=currency)

    @classmethod
    def of(cls, line: Line, id: str, price: tuple[Decimal, str] | None = None) -> "CartLine":
        return cls(
            id=strawberry.ID(id),
            product=Product(id=strawberry.ID(str(line.product_id))),
            quantity=line.quantity,
            added_at=line.added_at,
            price=price,
        )

    @classmethod
    def resolve_reference(
        cls, info: Info, id: strawberry.ID, product: Representation | None = None, **_: Any
    ) -> "CartLine | None":
        """From the id alone, which tells nothing but what its holder was given; costs no statement."""
        decoded = decode_line_id(id)
        return None if decoded is None else cls.of(decoded[1], id, _price(product))


@strawberry.federation.type(keys=["id version"], description="The basket of a user or guest.")
class Cart:
    id: strawberry.ID = strawberry.field(description="Identity of the cart.")
    version: int = strawberry.field(description="Raised at every edit; send it with checkout and setCartLine.")
    updated_at: dt.datetime = strawberry.field(description="When it last changed.")
    record: strawberry.Private[CartRecord]
    represented: strawberry.Private[Sequence[Representation | None] | None] = None
    changed: strawberry.Private[bool] = False

    @strawberry.field(description="Its lines, in the order of adding.")
    def lines(self) -> list[CartLine]:
        return [CartLine.of(line, encode_line_id(self.record.id, line)) for line in self.record.lines]

    @strawberry.field(description="Units over all lines.")
    def total_quantity(self) -> int:
        return total_quantity(self.record.lines)

    @strawberry.federation.field(
        requires=["lines { product { price { amount currency } } }"],
        description="Sum of the lines at current prices, without shipping: the expectedTotal of checkout. Null for an "
        "empty cart, for mixed currencies, and when the cart has changed meanwhile (see warnings).",
    )
    def subtotal(self) -> Money | None:
        products = self._products()
        if products is None:
            return None
        prices = []
        for line, product in zip(self.record.lines, products, strict=True):
            price = _price(product)
            if price is None:
                return None
            prices.append((*price, line.quantity))
        total = sum_of_prices(prices)
        return None if total is None else Money(amount=total[0], currency=total[1])

    @strawberry.federation.field(
        requires=["lines { product { active availability { availableQuantity } } }"],
        description="What stands in the way of buying it as it is.",
    )
    def warnings(self) -> list[CartWarning]:
        products = self._products()
        if products is None:
            return [CartWarning(code="CART_CHANGED", product_id=self.id, available=None)] if self.changed else []
        found = (_warning(line, product) for line, product in zip(self.record.lines, products, strict=True))
        return [warning for warning in found if warning is not None]

    def _products(self) -> list[Representation | None] | None:
        """The represented products, one per stored line; None when they are not this cart's lines."""
        if self.changed or self.represented is None:
            return None
        return [line.get("product") if line else None for line in self.represented]

    @classmethod
    def of(cls, cart: CartRecord) -> "Cart":
        return cls(id=strawberry.ID(str(cart.id)), version=cart.version, updated_at=cart.updated_at, record=cart)

    @classmethod
    async def resolve_reference(
        cls,
        info: Info,
        id: strawberry.ID,
        version: int,
        lines: Sequence[Representation | None] | None = None,
        **_: Any,
    ) -> "Cart | None":
        """Null for unknown carts and those of others; one whose version moved on answers no sums."""
        key = uuid_or_none(id)
        record = await info.context.loaders.cart_by_id.load(key) if key else None
        if record is None or not info.context.principal.may_read(record.user_id, READ_SCOPE):
            return None
        cart = cls.of(record)
        cart.represented = lines
        cart.changed = record.version != version or (lines is not None and len(lines) != len(record.lines))
        return cart


def _price(product: Representation | None) -> tuple[Decimal, str] | None:
    """Amount and currency of a represented product; None when the product or its price is missing."""
    money = (product or {}).get("price")
    try:
        return (Decimal(money["amount"]), str(money["currency"])) if money else None
    except (KeyError, TypeError):
        return None


def _warning(line: Line, product: Representation | None) -> CartWarning | None:
    id = strawberry.ID(str(line.product_id))
    if product is None or product.get("active") is False:
        return CartWarning(code="UNAVAILABLE", product_id=id, available=0)
    available = (product.get("availability") or {}).get("availableQuantity")
    if available is None or available >= line.quantity:
        return None
    code = "INSUFFICIENT_STOCK" if available > 0 else "OUT_OF_STOCK"
    return CartWarning(code=code, product_id=id, available=available)
