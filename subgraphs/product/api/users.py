"""User as the product subgraph extends it: what someone has written, and could write, about products."""

from typing import Any
from uuid import UUID

import strawberry

from subgraphs.kernel.context import Info
from subgraphs.kernel.pagination import check_limit, page_request
from subgraphs.product.api.access import moderates
from subgraphs.product.api.entities import Product, ReviewConnection
from subgraphs.product.api.pages import NO_PAGE, wants_page
from subgraphs.product.domain.reviews import ReviewSort
from subgraphs.product.repository.reviews import SORTS


@strawberry.federation.type(keys=["id"], description="A person with an account, or a guest.")
class User:
    id: strawberry.ID = strawberry.field(description="Identity of the user in the whole shop.")

    @strawberry.field(
        description="Reviews the user has written, newest first: all of them for the user, else the published ones."
    )
    async def reviews(self, info: Info, first: int | None = 20, after: str | None = None) -> ReviewConnection:
        principal, loaders, key = info.context.principal, info.context.loaders, UUID(self.id)
        viewer, moderator = principal.user_id, moderates(principal)
        request = page_request(SORTS[ReviewSort.NEWEST], principal, first=first, after=after, default=20)
        page = await loaders.author_reviews(viewer, moderator, request).load(key) if wants_page(info) else NO_PAGE
        return ReviewConnection.of(page, lambda: loaders.author_review_count(viewer, moderator).load(key))

    @strawberry.federation.field(
        authenticated=True,
        description="Products on sale that the user has received and not reviewed yet, the latest delivery first; for "
        "the user only.",
    )
    def products_to_review(self, info: Info, first: int | None = 10) -> list[Product]:
        principal = info.context.principal
        principal.require(self.id, "orders:read")
        limit = check_limit(first, principal, default=10)
        found: Any = info.context.loaders.to_review(limit, Product.of).load(UUID(self.id))
        return found  # type: ignore[no-any-return]

    @classmethod
    def resolve_reference(cls, info: Info, id: str, **_: Any) -> "User":
        """Whether the user exists is auth's to say; every field checks the caller."""
        return cls(id=strawberry.ID(str(UUID(id))))
