"""Who sees what is hidden from customers."""

from __future__ import annotations

from subgraphs.kernel.identity import Principal

MODERATE = "reviews:moderate"


def sees_hidden_products(principal: Principal) -> bool:
    """Inactive and archived products are found by catalog staff and by sibling services only."""
    return principal.kind == "service" or bool({"catalog:read", "catalog:write"} & principal.scopes)


def moderates(principal: Principal) -> bool:
    return principal.has_scope(MODERATE)
