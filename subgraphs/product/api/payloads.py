"""Inputs and payloads of the product subgraph's mutations."""

from decimal import Decimal

import strawberry

from subgraphs.kernel.errors import UserError
from subgraphs.product.api.entities import Category, Product, Review

_ERRORS = "Why it was not done; empty when it was."


@strawberry.type(description="Outcome of a change of a product.")
class ProductPayload:
    product: Product | None = strawberry.field(description="The product after the change.")
    errors: list[UserError] = strawberry.field(description=_ERRORS)


@strawberry.type(description="Outcome of a change of a review.")
class ReviewPayload:
    review: Review | None = strawberry.field(description="The review after the change; a deleted one as it was.")
    errors: list[UserError] = strawberry.field(description=_ERRORS)


@strawberry.type(description="Outcome of a change of a category.")
class CategoryPayload:
    category: Category | None = strawberry.field(description="The category after the change.")
    errors: list[UserError] = strawberry.field(description=_ERRORS)


@strawberry.type(description="Outcome of writing many products at once.")
class BulkPayload:
    created: int = strawberry.field(description="Products that are new.")
    updated: int = strawberry.field(description="Products that were changed.")
    errors: list[UserError] = strawberry.field(description=_ERRORS)


@strawberry.input(description="What a customer says about a product.")
class ReviewInput:
    product_id: strawberry.ID = strawberry.field(description="The product; an existing review stays with its product.")
    rating: int = strawberry.field(description="One to five stars.")
    title: str | None = strawberry.field(description="Headline, at most 255 characters.", default=None)
    comment: str | None = strawberry.field(description="The text, at most 5000 characters.", default=None)


@strawberry.input(description="A picture of a product.")
class ImageInput:
    url: str = strawberry.field(description="Address of the picture.")
    alt_text: str | None = strawberry.field(description="What it shows, for those who cannot see it.", default=None)
    is_primary: bool | None = strawberry.field(description="Whether it stands for the product in lists.", default=None)
    sort_order: int | None = strawberry.field(description="Place among the pictures, smallest first.", default=None)


@strawberry.input(description="A fact about a product.")
class SpecInput:
    key: str = strawberry.field(description="Name of the fact, once per product.")
    value: str = strawberry.field(description="Value of the fact.")


@strawberry.input(description="An entry of the catalog.")
class ProductInput:
    sku: str = strawberry.field(description="Stock keeping unit, unique among live products.")
    name: str = strawberry.field(description="Name of the product.")
    slug: str | None = strawberry.field(description="Name in addresses; made from the name if absent.", default=None)
    description: str | None = strawberry.field(description="One paragraph for lists.", default=None)
    long_description: str | None = strawberry.field(description="Full text for the product page.", default=None)
    category_id: strawberry.ID | None = strawberry.field(description="Category it is sorted into.", default=None)
    price: Decimal = strawberry.field(description="Price of one unit.")
    currency: str = strawberry.field(description="ISO 4217 code of the price.")
    images: list[ImageInput] | None = strawberry.field(description="All its pictures.", default=None)
    specifications: list[SpecInput] | None = strawberry.field(description="All facts about it.", default=None)
    active: bool | None = strawberry.field(description="Whether it is on sale.", default=None)


@strawberry.input(description="A category of the catalog.")
class CategoryInput:
    name: str = strawberry.field(description="Name, unique among its siblings.")
    slug: str | None = strawberry.field(description="Name in addresses; made from the name if absent.", default=None)
    parent_id: strawberry.ID | None = strawberry.field(description="The category above; none for a root.", default=None)
    description: str | None = strawberry.field(description="What belongs here.", default=None)
