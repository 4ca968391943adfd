"""Inputs and payloads of the product subgraph's mutations."""

from decimal import Decimal

import strawberry

from subgraphs.kernel.errors import UserError
from subgraphs.product.api.entities import Category, Product, Review
from subgraphs.product.domain.editing import ABSENT, GivenImage, GivenProduct, Left

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


@strawberry.type(description="Outcome of writing many products at once: all or none.")
class BulkPayload:
    created: int = strawberry.field(description="Products that are new.")
    updated: int = strawberry.field(description="Products that were there and are rewritten.")
    errors: list[UserError] = strawberry.field(
        description="Why nothing was written: the first hundred faults, each with the number of its row in its path."
    )


@strawberry.input(description="What a customer says about a product.")
class ReviewInput:
    product_id: strawberry.ID = strawberry.field(description="The product; an existing review stays with its product.")
    rating: int = strawberry.field(description="One to five stars.")
    title: str | None = strawberry.field(description="Headline, at most 255 characters.", default=None)
    comment: str | None = strawberry.field(description="The text, at most 5000 characters.", default=None)


@strawberry.input(description="A picture of a product.")
class ImageInput:
    url: str = strawberry.field(description="Address of the picture: https, http or a path; at most 2000 characters.")
    alt_text: str | None = strawberry.field(
        description="What it shows, for those who cannot see it; at most 255 characters.", default=None
    )
    is_primary: bool | None = strawberry.field(
        description="Whether it stands for the product in lists; one picture at most does.", default=None
    )
    sort_order: int | None = strawberry.field(
        description="Place among the pictures, smallest first; the place in this list if absent.", default=None
    )


@strawberry.input(description="A fact about a product.")
class SpecInput:
    key: str = strawberry.field(description="Name of the fact, once per product; at most 100 characters.")
    value: str = strawberry.field(description="Value of the fact; at most 500 characters.")


@strawberry.input(
    description="An entry of the catalog. When a product is rewritten, what is absent stays as it is; null empties "
    "description, longDescription and categoryId."
)
class ProductInput:
    sku: str = strawberry.field(description="Stock keeping unit, unique among live products; at most 100 characters.")
    name: str = strawberry.field(description="Name of the product, at most 255 characters.")
    slug: str | None = strawberry.field(
        description="Name in addresses, unique among live products; a new product without one gets one made from its "
        "name.",
        default=None,
    )
    description: str | None = strawberry.field(
        description="One paragraph for lists, at most 5000 characters.", default=strawberry.UNSET
    )
    long_description: str | None = strawberry.field(
        description="Full text for the product page, at most 50000 characters.", default=strawberry.UNSET
    )
    category_id: strawberry.ID | None = strawberry.field(
        description="Category it is sorted into.", default=strawberry.UNSET
    )
    price: Decimal = strawberry.field(description="Price of one unit, with no more digits than its currency has.")
    currency: str = strawberry.field(description="ISO 4217 code of the price.")
    images: list[ImageInput] | None = strawberry.field(
        description="All its pictures, at most 50: they replace those there were, an empty list removes them.",
        default=None,
    )
    specifications: list[SpecInput] | None = strawberry.field(
        description="All facts about it, at most 100: they replace those there were, an empty list removes them.",
        default=None,
    )
    active: bool | None = strawberry.field(
        description="Whether it is on sale; a new product is unless said otherwise.", default=None
    )

    def given(self) -> GivenProduct:
        """The input as the domain reads it."""
        images = None if self.images is None else [_image(image) for image in self.images]
        facts = None if self.specifications is None else [(fact.key, fact.value) for fact in self.specifications]
        return GivenProduct(
            sku=self.sku,
            name=self.name,
            price=self.price,
            currency=self.currency,
            slug=self.slug,
            description=_or_absent(self.description),
            long_description=_or_absent(self.long_description),
            category_id=_or_absent(self.category_id),
            images=images,
            specifications=facts,
            active=self.active,
        )


@strawberry.input(description="A category of the catalog.")
class CategoryInput:
    name: str = strawberry.field(description="Name, unique among its siblings; at most 100 characters.")
    slug: str | None = strawberry.field(
        description="Name in addresses, unique; made from the name if absent.", default=None
    )
    parent_id: strawberry.ID | None = strawberry.field(description="The category above; none for a root.", default=None)
    description: str | None = strawberry.field(description="What belongs here, at most 5000 characters.", default=None)


def _image(given: ImageInput) -> GivenImage:
    return GivenImage(given.url, given.alt_text, given.is_primary, given.sort_order)


def _or_absent(value: str | None) -> str | Left | None:
    return ABSENT if value is strawberry.UNSET else value
