"""Rows of the product database: categories, products with images and specifications, reviews, votes and purchases.

Rating and vote counters are not among the columns: the room's triggers keep them.
"""

from __future__ import annotations

from collections.abc import Iterator

from ops.seed.rows import Row, Table
from ops.seed.world import EPOCH, World, entity_id

__all__ = ["tables"]


def tables(world: World) -> tuple[Table, ...]:
    """Every table of the database that the demo shop fills."""
    products, reviews = world.product_count, world.person_count * 50 // 3
    return (
        Table(
            "product",
            "categories",
            "id name description parent_id slug created_at updated_at",
            40 * world.scale,
            lambda: categories(world),
        ),
        Table(
            "product",
            "products",
            "id name description long_description category_id sku price currency stock is_active slug "
            "created_at updated_at",
            products,
            lambda: product_rows(world),
        ),
        Table(
            "product",
            "product_images",
            "id product_id image_url alt_text is_primary sort_order created_at updated_at",
            products * 5 // 2,
            lambda: images(world),
        ),
        Table(
            "product",
            "product_specifications",
            "id product_id key value created_at updated_at",
            products * 5 // 2,
            lambda: specifications(world),
        ),
        Table(
            "product",
            "purchases",
            "user_id product_id order_id delivered_at created_at updated_at",
            world.person_count * 14,
            lambda: purchases(world),
        ),
        Table(
            "product",
            "product_reviews",
            "id product_id user_id rating title comment verified_purchase status created_at updated_at",
            reviews,
            lambda: reviews_rows(world),
        ),
        Table("product", "review_votes", "review_id user_id created_at updated_at", reviews, lambda: votes(world)),
    )


def categories(world: World) -> Iterator[Row]:
    for category in world.categories():
        yield category.id, category.name, category.description, category.parent, category.slug, EPOCH, EPOCH


def product_rows(world: World) -> Iterator[Row]:
    for product in world.products():
        yield (
            product.id,
            product.name,
            product.description,
            product.long_description,
            product.category,
            product.sku,
            product.price,
            "USD",
            product.stock,
            product.active,
            product.slug,
            product.created_at,
            product.created_at,
        )


def images(world: World) -> Iterator[Row]:
    for product in world.products():
        for n in range(product.images):
            url = f"https://images.example.com/products/{product.slug}-{n + 1}.webp"
            alt = f"{product.name}, view {n + 1}"
            at = product.created_at
            yield entity_id("image", product.index, n), product.id, url, alt, n == 0, n, at, at


def specifications(world: World) -> Iterator[Row]:
    for product in world.products():
        for n, (key, value) in enumerate(product.specifications):
            at = product.created_at
            yield entity_id("specification", product.index, n), product.id, key, value, at, at


def purchases(world: World) -> Iterator[Row]:
    """The first delivery of each product to each person: what makes a review verified."""
    for person in world.people():
        delivered: dict[int, Row] = {}
        for order in world.orders_of(person):
            if order.status == "delivered":
                at = order.placed_at
                for item in order.items:
                    delivered.setdefault(item.product.index, (person.id, item.product.id, order.id, at, at, at))
        yield from delivered.values()


def reviews_rows(world: World) -> Iterator[Row]:
    for person in world.people():
        for review in world.reviews_of(person):
            yield (
                review.id,
                entity_id("product", review.product),
                person.id,
                review.rating,
                review.title,
                review.comment,
                review.verified,
                "published",
                review.created_at,
                review.created_at,
            )


def votes(world: World) -> Iterator[Row]:
    """People next in line found the review helpful: never its author, nobody twice."""
    for person in world.people():
        for review in world.reviews_of(person):
            for n in range(1, review.votes + 1):
                voter = entity_id("person", (person.index + n) % world.person_count)
                yield review.id, voter, review.created_at, review.created_at
