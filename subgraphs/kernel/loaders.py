"""Batching: what many resolvers ask for one key at a time becomes one statement (S-123).

A room's ``Loaders`` subclass has one attribute per loader, made when first used; it lives for one request::

    class Loaders(RequestLoaders):
        @cached_property
        def user_by_id(self) -> DataLoader[UUID, User | None]:
            return one_by_key(repository.users_by_id)                    # list[UUID] -> Mapping[UUID, User]

        def reviews(self, request: PageRequest) -> DataLoader[UUID, Page[Review]]:
            return self.for_arguments(("reviews", request), lambda: one_by_key(partial(review_pages, request)))

A resolver returns ``loaders.user_by_id.load(key)``, a future: it need not be ``async`` when its return type is written
``Loaded[User | None]``. Never await a loader inside
``transaction()``: its statement would run on that transaction's connection, for callers outside it too.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Callable, Hashable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar, Union

from aiodataloader import DataLoader

if TYPE_CHECKING:
    from subgraphs.kernel.context import RequestContext

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

if TYPE_CHECKING:
    Loaded: TypeAlias = Union[Awaitable[V], V]  # noqa: UP007
else:

    class Loaded:
        """``-> Loaded[int]``: a resolver answers a loader's future; Strawberry reads ``int``."""

        def __class_getitem__(cls, item: Any) -> Any:
            return item


class RequestLoaders:
    """Base of a room's loaders; ``self.context`` is the request they belong to."""

    def __init__(self, context: RequestContext) -> None:
        self.context = context
        self._by_arguments: dict[Hashable, DataLoader[Any, Any]] = {}

    def for_arguments(self, key: Hashable, make: Callable[[], DataLoader[K, V]]) -> DataLoader[K, V]:
        """The loader for one combination of field arguments; the same key answers the same loader."""
        loader = self._by_arguments.get(key)
        if loader is None:
            loader = self._by_arguments[key] = make()
        return loader


def one_by_key(fetch: Callable[[list[K]], Awaitable[Mapping[K, V]]]) -> DataLoader[K, V | None]:
    """A loader of at most one value per key; ``fetch`` answers a mapping, absent keys load None.

    A text with NUL is nobody's key: PostgreSQL would refuse the whole statement, and with it the batch's other keys.
    """

    async def batch(keys: list[K]) -> list[V | None]:
        possible = [key for key in keys if not (isinstance(key, str) and "\x00" in key)]
        found = await fetch(possible) if possible else {}
        return [found.get(key) for key in keys]

    return DataLoader(batch)


def value_by_key(fetch: Callable[[list[K]], Awaitable[Mapping[K, V]]], default: Callable[[], V]) -> DataLoader[K, V]:
    """Like :func:`one_by_key` for values that always exist: counts, empty pages."""

    async def batch(keys: list[K]) -> list[V]:
        found = await fetch(keys)
        return [found[key] if key in found else default() for key in keys]

    return DataLoader(batch)


def many_by_key(fetch: Callable[[list[K]], Awaitable[Iterable[tuple[K, V]]]]) -> DataLoader[K, list[V]]:
    """A loader of a list per key; ``fetch`` answers (key, value) pairs in the order each list shall have."""

    async def batch(keys: list[K]) -> list[list[V]]:
        groups: defaultdict[K, list[V]] = defaultdict(list)
        for key, value in await fetch(keys):
            groups[key].append(value)
        return [groups.get(key, []) for key in keys]

    return DataLoader(batch)
