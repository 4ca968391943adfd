"""The ten reference queries: their text, variables and callers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ops.seed.world import World
from tests.supergraph.collectors import collector
from tests.supergraph.conftest import Client, Shop

OPERATIONS = Path(__file__).parent / "operations"
_STAFF = "support@example.com"


def operation(name: str) -> str:
    return (OPERATIONS / f"{name}.graphql").read_text()


def variables_of(name: str, size: int) -> dict[str, Any]:
    """So that about ``size`` rows are in the answer."""
    skus = [World().product(index).sku for index in (0, 1, 2)]
    return {
        "q01": {"slug": World().product(0).slug, "reviews": size},
        "q02": {"query": "lamp", "first": size},
        "q03": {"first": size},
        "q04": {"orderNumber": collector(size).newest_order},
        "q06": {"category": "order_update"},
        "q07": {"first": size},
        "q08": {"first": size},
        "q10": dict(zip(("first", "second", "third"), skus, strict=True)),
    }.get(name, {})


def caller_of(shop: Shop, name: str, size: int) -> Client:
    """Staff for the staff board, else the customer who has ``size`` of everything."""
    return shop.client().log_in(_STAFF if name == "q08" else collector(size).email)
