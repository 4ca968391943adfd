"""This request's DataLoaders: one statement per level of a query, whatever the number of rows.

``present`` turns a row into what the caller shows, once per key; it is part of the loader's identity, like every other
argument. What everybody sees of the catalog comes through the room's cache, where it has one.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, TypeVar
from uuid import UUID

from aiodataloader import DataLoader
from pydantic import TypeAdapter

from subgraphs.kernel.loaders import RequestLoaders, many_by_key, one_by_key, value_by_key
from subgraphs.kernel.pagination import Page, PageRequest
from subgraphs.product.cache import CatalogCache
from subgraphs.product.domain.catalog import Category, Image, Product, ProductSort
from subgraphs.product.domain.reviews import Review, ReviewSort
from subgraphs.product.repository import categories, products, purchases, reviews

K = TypeVar("K")
R = TypeVar("R")
T = TypeVar("T")

_PRODUCT = TypeAdapter(Product)
_IMAGE: TypeAdapter[Image | None] = TypeAdapter(Image | None)
_IMAGES = TypeAdapter(list[Image])
_SPECIFICATIONS = TypeAdapter(list[tuple[str, str]])
_HISTOGRAM = TypeAdapter(dict[int, int])
_CATEGORY, _CATEGORIES = TypeAdapter(Category), TypeAdapter(list[Category])


class Loaders(RequestLoaders):
    """Loaders of the product room; ``viewer`` arguments are the caller's own id."""

    # -- products ---------------------------------------------------------------------------------------------------

    def product_by_id(self, present: Callable[[Product], T]) -> DataLoader[UUID, T | None]:
        """Products in any state."""
        fetch = self._cached("product", "row", _PRODUCT, products.by_id)
        return self._one(("product_by_id", present), fetch, present)

    def product_by_sku(self, present: Callable[[Product], T]) -> DataLoader[str, T | None]:
        fetch = self._cached("sku", "row", _PRODUCT, products.by_sku)
        return self._one(("product_by_sku", present), fetch, present)

    def product_by_slug(self, present: Callable[[Product], T]) -> DataLoader[str, T | None]:
        fetch = self._cached("slug", "row", _PRODUCT, products.by_slug)
        return self._one(("product_by_slug", present), fetch, present)

    def primary_image(self, present: Callable[[Image], T]) -> DataLoader[UUID, T | None]:
        fetch = self._cached("product", "primary", _IMAGE, _with_absent(products.primary_images))
        return self._one(("primary_image", present), fetch, present)

    def images(self, limit: int, present: Callable[[Image], T]) -> DataLoader[UUID, list[T]]:
        return self._many(
            ("images", limit, present),
            self._cached_lists("product", f"images:{limit}", _IMAGES, partial(products.images, limit)),
            present,
        )

    def specifications(self, present: Callable[[tuple[str, str]], T]) -> DataLoader[UUID, list[T]]:
        return self._many(
            ("specifications", present),
            self._cached_lists("product", "specifications", _SPECIFICATIONS, products.specifications),
            present,
        )

    def related(self, limit: int, present: Callable[[Product], T]) -> DataLoader[UUID, list[T]]:
        return self._many(("related", limit, present), partial(products.related, limit), present)

    def histogram(self) -> DataLoader[UUID, dict[int, int]]:
        """Visible reviews per number of stars."""
        fetch = self._cached("product", "histogram", _HISTOGRAM, products.histograms)
        return self.for_arguments("histogram", lambda: value_by_key(fetch, dict))

    # -- categories -------------------------------------------------------------------------------------------------

    def category_by_id(self, present: Callable[[Category], T]) -> DataLoader[UUID, T | None]:
        fetch = self._cached("category", "row", _CATEGORY, categories.by_id)
        return self._one(("category_by_id", present), fetch, present)

    def category_by_slug(self, present: Callable[[Category], T]) -> DataLoader[str, T | None]:
        fetch = self._cached("category", "row by slug", _CATEGORY, categories.by_slug)
        return self._one(("category_by_slug", present), fetch, present)

    def children(self, present: Callable[[Category], T]) -> DataLoader[UUID, list[T]]:
        return self._many(
            ("children", present),
            self._cached_lists("category", "children", _CATEGORIES, categories.children),
            present,
        )

    def ancestors(self, present: Callable[[Category], T]) -> DataLoader[UUID, list[T]]:
        return self._many(
            ("ancestors", present),
            self._cached_lists("category", "ancestors", _CATEGORIES, categories.ancestors),
            present,
        )

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

    def _cached(
        self, kind: str, field: str, codec: TypeAdapter[R], fetch: Callable[[Sequence[K]], Awaitable[Mapping[K, R]]]
    ) -> Callable[[Sequence[K]], Awaitable[Mapping[K, R]]]:
        cache: CatalogCache | None = self.context.resources.cache
        return fetch if cache is None else partial(cache.read, kind, field, codec, fetch)

    def _cached_lists(
        self,
        kind: str,
        field: str,
        codec: TypeAdapter[list[R]],
        fetch: Callable[[Sequence[UUID]], Awaitable[Iterable[tuple[UUID, R]]]],
    ) -> Callable[[Sequence[UUID]], Awaitable[Iterable[tuple[UUID, R]]]]:
        """An empty list is remembered like any other."""

        async def lists(keys: Sequence[UUID]) -> Mapping[UUID, list[R]]:
            found: dict[UUID, list[R]] = {key: [] for key in keys}
            for key, value in await fetch(keys):
                found[key].append(value)
            return found

        cached = self._cached(kind, field, codec, lists)

        async def pairs(keys: Sequence[UUID]) -> Iterable[tuple[UUID, R]]:
            return [(key, value) for key, values in (await cached(keys)).items() for value in values]

        return pairs if self.context.resources.cache is not None else fetch

    def _one(
        self,
        key: tuple[object, ...],
        fetch: Callable[[Sequence[Any]], Awaitable[Mapping[Any, R | None]]],
        present: Callable[[R], T],
    ) -> DataLoader[Any, T | None]:
        async def presented(keys: list[Any]) -> Mapping[Any, T]:
            return {each: present(row) for each, row in (await fetch(keys)).items() if row is not None}

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


def _with_absent(
    fetch: Callable[[Sequence[K]], Awaitable[Mapping[K, R]]],
) -> Callable[[Sequence[K]], Awaitable[Mapping[K, R | None]]]:
    """The same with None for absent keys, so that their absence can be remembered."""

    async def complete(keys: Sequence[K]) -> Mapping[K, R | None]:
        found = await fetch(keys)
        return {key: found.get(key) for key in keys}

    return complete
