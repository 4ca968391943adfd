"""The small parts of products and searches: plain attributes throughout."""

import strawberry

from subgraphs.product.domain import catalog as rows


@strawberry.type(description="A picture of a product.")
class ProductImage:
    url: str = strawberry.field(description="Address of the picture.")
    alt_text: str | None = strawberry.field(description="What it shows, for those who cannot see it.")
    is_primary: bool = strawberry.field(description="Whether it stands for the product in lists.")
    sort_order: int = strawberry.field(description="Place among the product's pictures, smallest first.")

    @classmethod
    def of(cls, row: rows.Image) -> "ProductImage":
        return cls(url=row.url, alt_text=row.alt_text, is_primary=row.is_primary, sort_order=row.sort_order)


@strawberry.type(description="A fact about a product.")
class Specification:
    key: str = strawberry.field(description="Name of the fact, once per product.")
    value: str = strawberry.field(description="Value of the fact.")

    @classmethod
    def of(cls, row: tuple[str, str]) -> "Specification":
        return cls(key=row[0], value=row[1])


@strawberry.type(description="Whether and how many units can be bought right now.")
class Availability:
    in_stock: bool = strawberry.field(description="Whether at least one unit can be bought.")
    low_stock: bool = strawberry.field(description="Whether few units are left, or none.")
    available_quantity: int = strawberry.field(description="Units that can be bought right now.")


@strawberry.type(description="Units in the warehouse.")
class StockLevel:
    on_hand: int = strawberry.field(description="Units there are, reserved ones included.")
    reserved: int = strawberry.field(description="Units held for orders that are being placed.")
    available: int = strawberry.field(description="Units that can still be ordered.")


@strawberry.type(description="How many reviews gave this many stars.")
class RatingBucket:
    stars: int = strawberry.field(description="One to five.")
    count: int = strawberry.field(description="Number of published reviews with so many stars.")


@strawberry.type(description="One choice within a facet.")
class FacetValue:
    value: str = strawberry.field(description="What to filter by.")
    count: int = strawberry.field(description="How many results this choice would leave.")
    selected: bool = strawberry.field(description="Whether the filter has chosen it.")


@strawberry.type(
    description="A way to narrow a search: `category` (slugs), `price` (ranges), `inStock`, `rating` (at least so many "
    "stars), or `spec:` with the key of a specification."
)
class Facet:
    name: str = strawberry.field(description="Name of the facet.")
    values: list[FacetValue] = strawberry.field(description="Its choices, the most frequent first.")
