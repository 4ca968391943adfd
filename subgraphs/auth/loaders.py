"""This request's loaders of auth: accounts by id."""

from __future__ import annotations

from functools import cached_property
from uuid import UUID

from aiodataloader import DataLoader

from subgraphs.auth import repository
from subgraphs.auth.domain import Account
from subgraphs.kernel.loaders import RequestLoaders, one_by_key


class Loaders(RequestLoaders):
    """One statement for any number of accounts."""

    @cached_property
    def accounts(self) -> DataLoader[UUID, Account | None]:
        """Live accounts by id."""
        return one_by_key(repository.accounts_by_id)
