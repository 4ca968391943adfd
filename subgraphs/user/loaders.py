"""This request's loaders of user: one statement each for any number of users."""

from __future__ import annotations

from functools import cached_property
from uuid import UUID

from aiodataloader import DataLoader

from subgraphs.kernel.loaders import RequestLoaders, many_by_key, one_by_key
from subgraphs.user import repository
from subgraphs.user.addresses import Address
from subgraphs.user.domain import Preferences, Profile


class Loaders(RequestLoaders):
    """Profiles serve both entities, so a list of buyers and the actors beside them cost one statement."""

    @cached_property
    def profiles(self) -> DataLoader[UUID, Profile | None]:
        """Live profiles by user."""
        return one_by_key(repository.profiles_by_user)

    @cached_property
    def addresses(self) -> DataLoader[UUID, list[Address]]:
        """Address books by user."""
        return many_by_key(repository.addresses_by_user)

    @cached_property
    def addresses_by_id(self) -> DataLoader[UUID, Address | None]:
        """Single addresses."""
        return one_by_key(repository.addresses_by_id)

    @cached_property
    def preferences(self) -> DataLoader[UUID, Preferences | None]:
        """Preferences by user."""
        return one_by_key(repository.preferences_by_user)
