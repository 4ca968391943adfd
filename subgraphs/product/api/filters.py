"""Inputs that select products and categories."""

import strawberry

from subgraphs.kernel.filters import filter_text, filter_values
from subgraphs.kernel.identifiers import uuid_or_none
from subgraphs.kernel.identity import Principal
from subgraphs.kernel.shared_types import DecimalRange
from subgraphs.product.api.access import sees_hidden_products
from subgraphs.product.domain import catalog


@strawberry.federation.input(one_of=True, description="One way to name a product.")
class ProductBy:
    id: strawberry.ID | None = strawberry.field(description="Identity of the product.", default=strawberry.UNSET)
    sku: str | None = strawberry.field(description="Its stock keeping unit.", default=strawberry.UNSET)
    slug: str | None = strawberry.field(description="Its name in addresses.", default=strawberry.UNSET)


@strawberry.federation.input(one_of=True, description="One way to name a category.")
class CategoryBy:
    id: strawberry.ID | None = strawberry.field(description="Identity of the category.", default=strawberry.UNSET)
    slug: str | None = strawberry.field(description="Its name in addresses.", default=strawberry.UNSET)


@strawberry.input(description="Products whose specification has one of these values.")
class SpecFilter:
    key: str = strawberry.field(description="Name of the specification.")
    any_of: list[str] = strawberry.field(description="Accepted values.")


@strawberry.input(description="What a list of products is restricted to; everything given must hold.")
class ProductFilter:
    ids: list[strawberry.ID] | None = strawberry.field(description="Only these products.", default=None)
    category: str | None = strawberry.field(description="Slug of a category.", default=None)
    include_descendants: bool | None = strawberry.field(
        description="Whether products of categories below count as well.", default=True
    )
    price: DecimalRange | None = strawberry.field(description="Limits of the price, both included.", default=None)
    currency: str | None = strawberry.field(description="Only prices in this currency.", default=None)
    in_stock: bool | None = strawberry.field(description="Only what can, or cannot, be bought now.", default=None)
    min_rating: float | None = strawberry.field(description="Smallest average number of stars.", default=None)
    specs: list[SpecFilter] | None = strawberry.field(description="Required specifications, 20 at most.", default=None)
    include_archived: bool | None = strawberry.field(
        description="Also products that are not on sale; for catalog staff.", default=False
    )


def checked(given: ProductFilter | None, principal: Principal) -> catalog.ProductFilter:
    """The filter for the repository; raises refusals."""
    wanted = catalog.ProductFilter() if given is None else _translated(given)
    return catalog.check_filter(wanted, staff=sees_hidden_products(principal))


def _translated(given: ProductFilter) -> catalog.ProductFilter:
    ids = None if given.ids is None else filter_values(given.ids, "filter", "ids")
    price = given.price or DecimalRange()
    return catalog.ProductFilter(
        ids=None if ids is None else tuple(known for each in ids if (known := uuid_or_none(each))),
        category=filter_text(given.category, "filter", "category"),
        include_descendants=given.include_descendants is not False,
        price_min=price.min,
        price_max=price.max,
        currency=filter_text(given.currency, "filter", "currency"),
        in_stock=given.in_stock,
        min_rating=given.min_rating,
        specs=tuple(map(_spec, filter_values(given.specs or (), "filter", "specs", most=catalog.MAX_FILTER_SPECS))),
        include_archived=given.include_archived is True,
    )


def _spec(given: SpecFilter) -> tuple[str, tuple[str, ...]]:
    path = ("filter", "specs", "anyOf")
    for value in filter_values(given.any_of, *path):
        filter_text(value, *path)
    filter_text(given.key, "filter", "specs", "key")
    return given.key, tuple(given.any_of)
