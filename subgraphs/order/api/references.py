"""Entities of other subgraphs that orders point to: Product (with sales facts of this room) and PublicProfile."""

from typing import Any
from uuid import UUID

import strawberry
from strawberry.federation.schema_directives import Key
from strawberry.federation.types import FieldSet

from subgraphs.kernel.context import Info
from subgraphs.kernel.shared_types import Money


@strawberry.federation.type(shareable=True, description="Whether and how many units can be bought right now.")
class Availability:
    available_quantity: int = strawberry.federation.field(
        external=True, description="Units that can be bought right now."
    )


@strawberry.federation.type(keys=["id"], description="An article of the catalog.")
class Product:
    id: strawberry.ID = strawberry.field(description="Identity of the product.")
    price: Money = strawberry.federation.field(
        external=True, description="The current price of one unit.", default=None
    )
    active: bool = strawberry.federation.field(
        external=True,
        description="Whether it is on sale; false only where an order, a cart or a review still refers to it.",
        default=None,
    )
    availability: Availability = strawberry.federation.field(
        external=True, description="Whether and how many units can be bought right now.", default=None
    )

    @strawberry.federation.field(
        authenticated=True, description="Whether the caller has bought it, in an order that was not cancelled."
    )
    def purchased_by_me(self, info: Info) -> bool | None:
        user_id = info.context.principal.user_id
        if user_id is None:
            return None
        bought: Any = info.context.loaders.purchased_by(user_id).load(UUID(self.id))
        return bought  # type: ignore[no-any-return]

    @strawberry.federation.field(
        requires_scopes=[["orders:read"]], description="Units sold in orders that were paid for and not cancelled."
    )
    def units_sold(self, info: Info) -> int | None:
        units: Any = info.context.loaders.units_sold.load(UUID(self.id))
        return units  # type: ignore[no-any-return]

    @classmethod
    def resolve_reference(cls, info: Info, id: strawberry.ID, **_: Any) -> "Product":
        return cls(id=strawberry.ID(str(UUID(id))))


@strawberry.federation.type(
    keys=[Key(fields=FieldSet("id"), resolvable=False)], description="What everybody may know about a person."
)
class PublicProfile:
    id: strawberry.ID = strawberry.field(description="Identity of the user in the whole shop.")
