"""Who sees what is hidden from customers."""

from __future__ import annotations

from subgraphs.kernel.context import Info
from subgraphs.kernel.identity import Principal
from subgraphs.kernel.selections import selected_fields

MODERATE = "reviews:moderate"


def sees_hidden_products(principal: Principal) -> bool:
    """Inactive and archived products are found by catalog staff and by sibling services only."""
    return principal.kind == "service" or bool({"catalog:read", "catalog:write"} & principal.scopes)


def moderates(principal: Principal) -> bool:
    return principal.has_scope(MODERATE)


def wants_page(info: Info) -> bool:
    """Whether a connection is asked for rows, not only for figures about them."""
    return not {"edges", "nodes", "pageInfo"}.isdisjoint(selected_fields(info))
