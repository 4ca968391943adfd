"""Pages that nobody asked to see: a connection may be asked for its count alone."""

from __future__ import annotations

from typing import Any

from subgraphs.kernel.context import Info
from subgraphs.kernel.pagination import Page
from subgraphs.kernel.selections import selected_fields

NO_PAGE: Page[Any] = Page([], has_next=False, has_previous=False)
"""Stands in a connection whose rows are not selected."""


def wants_page(info: Info) -> bool:
    """Whether a connection is asked for rows, not only for figures about them."""
    return not {"edges", "nodes", "pageInfo"}.isdisjoint(selected_fields(info))
