"""This request's DataLoaders: one statement per level of a query, whatever the number of rows.

``present`` turns a row into what the caller shows, once per key; it is part of the loader's identity, like every other
argument.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, TypeVar
from uuid import UUID

from aiodataloader import DataLoader

from subgraphs.kernel.loaders import RequestLoaders, many_by_key, one_by_key, value_by_key
from subgraphs.kernel.pagination import Page, PageRequest
from subgraphs.product.domain.catalog import Category, Image, Product, ProductSort
from subgraphs.product.domain.reviews import Review, ReviewSort
from subgraphs.product.repository import categories, products, purchases, reviews

K = TypeVar("K")
R = TypeVar("R")
T = TypeVar("T")


class Loaders(RequestLoaders):
    """Loaders of the product room; ``viewer`` arguments are the caller's own id."""

    # -- products ---------------------------------------------------------------------------------------------------

    def product_by_id(self, present: Callable[[Product], T]) -> DataLoader[UUID, T | None]:
        """Products in any state."""
        return self._one(("product_by_id", present), products.by_id, present)

    def product_by_sku(self, present: Callable[[Product], T]) -> DataLoader[str, T | None]:
        return self._one(("product_by_sku", present), products.by_sku, present)

    def product_by_slug(self, present: Callable[[Product], T]) -> DataLoader[str, T | None]:
        return self._one(("product_by_slug", present), products.by_slug, present)

    def primary_image(self, present: Callable[[Image], T]) -> DataLoader[UUID, T | None]:
        return self._one(("primary_image", present), products.primary_images, present)

    def images(self, limit: int, present: Callable[[Image], T]) -> DataLoader[UUID, list[T]]:
        return self._many(("images", limit, present), partial(products.images, limit), present)

    def specifications(self, present: Callable[[tuple[str, str]], T]) -> DataLoader[UUID, list[T]]:
        return self._many(("specifications", present), products.specifications, present)

    def related(self, limit: int, present: Callable[[Product], T]) -> DataLoader[UUID, list[T]]:
        return self._many(("related", limit, present), partial(products.related, limit), present)

    def histogram(self) -> DataLoader[UUID, dict[int, int]]:
        """Visible reviews per number of stars."""
        return self.for_arguments("histogram", lambda: value_by_key(products.histograms, dict))

    # -- categories -------------------------------------------------------------------------------------------------

    def category_by_id(self, present: Callable[[Category], T]) -> DataLoader[UUID, T | None]:
        return self._one(("category_by_id", present), categories.by_id, present)

    def category_by_slug(self, present: Callable[[Category], T]) -> DataLoader[str, T | None]:
        return self._one(("category_by_slug", present), categories.by_slug, present)

    def children(self, present: Callable[[Category], T]) -> DataLoader[UUID, list[T]]:
        return self._many(("children", present), categories.children, present)

    def ancestors(self, present: Callable[[Category], T]) -> DataLoader[UUID, list[T]]:
        return self._many(("ancestors", present), categories.ancestors, present)

    def product_count(self) -> DataLoader[UUID, int]:
        return self.for_arguments("product_count", lambda: value_by_key(categories.product_counts, int))

    def category_products(self, sort: ProductSort, request: PageRequest) -> DataLoader[UUID, Page[Product]]:
        fetch = partial(categories.product_pages, sort, request)
        return self._pages(("category_products", sort, request), fetch)

    # -- reviews ----------------------------------------------------------------------------------------------------

    def review_by_id(self) -> DataLoader[UUID, Review | None]:
        """Live reviews in any state; the caller decides who sees them."""
        return self.for_arguments("review_by_id", lambda: one_by_key(reviews.by_id))

    def review_of_product(self, viewer: UUID, present: Callable[[Review], T]) -> DataLoader[UUID, T | None]:
        return self._one(("review_of_product", viewer, present), partial(reviews.by_author, viewer), present)

    def voted(self, viewer: UUID) -> DataLoader[UUID, bool]:
        return self.for_arguments(("voted", viewer), lambda: value_by_key(partial(reviews.voted_by, viewer), bool))

    def product_reviews(
        self, sort: ReviewSort, least_stars: int, request: PageRequest
    ) -> DataLoader[UUID, Page[Review]]:
        fetch = partial(reviews.product_pages, sort, least_stars, request)
        return self._pages(("product_reviews", sort, least_stars, request), fetch)

    def author_reviews(
        self, viewer: UUID | None, moderator: bool, request: PageRequest
    ) -> DataLoader[UUID, Page[Review]]:
        fetch = partial(reviews.author_pages, viewer, moderator, request)
        return self._pages(("author_reviews", viewer, moderator, request), fetch)

    def author_review_count(self, viewer: UUID | None, moderator: bool) -> DataLoader[UUID, int]:
        fetch = partial(reviews.author_counts, viewer, moderator)
        return self.for_arguments(("author_review_count", viewer, moderator), lambda: value_by_key(fetch, int))

    def to_review(self, limit: int, present: Callable[[Product], T]) -> DataLoader[UUID, list[T]]:
        return self._many(("to_review", limit, present), partial(purchases.to_review, limit), present)

    # -- how ----------------------------------------------------------------------------------------------------------

    def _one(
        self,
        key: tuple[object, ...],
        fetch: Callable[[Sequence[Any]], Awaitable[Mapping[Any, R]]],
        present: Callable[[R], T],
    ) -> DataLoader[Any, T | None]:
        async def presented(keys: list[Any]) -> Mapping[Any, T]:
            return {each: present(row) for each, row in (await fetch(keys)).items()}

        return self.for_arguments(key, lambda: one_by_key(presented))

    def _many(
        self,
        key: tuple[object, ...],
        fetch: Callable[[Sequence[UUID]], Awaitable[Iterable[tuple[UUID, R]]]],
        present: Callable[[R], T],
    ) -> DataLoader[UUID, list[T]]:
        async def presented(keys: list[UUID]) -> Iterable[tuple[UUID, T]]:
            return [(each, present(row)) for each, row in await fetch(keys)]

        return self.for_arguments(key, lambda: many_by_key(presented))

    def _pages(
        self, key: tuple[object, ...], fetch: Callable[[Sequence[UUID]], Awaitable[Mapping[UUID, Page[R]]]]
    ) -> DataLoader[UUID, Page[R]]:
        return self.for_arguments(key, lambda: value_by_key(fetch, lambda: Page([], False, False)))
