"""The ten reference queries: what each costs in requests and SQL statements, whatever the number of rows."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from tests.supergraph.collectors import SIZES
from tests.supergraph.conftest import Shop
from tests.supergraph.reference import caller_of, operation, variables_of


@dataclass(frozen=True, slots=True)
class Price:
    """SQL statements of each request, by subgraph: the number of numbers is the number of requests."""

    statements: Mapping[str, list[int]]
    luck: int = 0
    """How many statements fewer it may be when two branches of the query ask for the same kind in one tick."""

    def admits(self, spent: Mapping[str, list[int]]) -> bool:
        """Whether the requests are these and the statements no more, and no fewer than luck explains."""
        total, paid = _total(self.statements), _total(spent)
        return (
            {room: len(each) for room, each in spent.items()} == {room: len(e) for room, e in self.statements.items()}
            and all(
                mine <= theirs
                for room in spent
                for mine, theirs in zip(spent[room], self.statements[room], strict=True)
            )
            and total - self.luck <= paid <= total
        )

    @property
    def requests(self) -> int:
        return sum(len(each) for each in self.statements.values())


def _total(statements: Mapping[str, list[int]]) -> int:
    return sum(sum(each) for each in statements.values())


PRICES = {
    "q01": Price({"product": [7], "order": [1], "user": [1]}),
    "q02": Price({"product": [4]}),
    "q03": Price({"auth": [0], "order": [3], "product": [3], "payment": [1]}),
    "q04": Price({"order": [2], "product": [5], "user": [1]}),
    "q05": Price({"auth": [0], "order": [1, 1], "product": [2]}),
    "q06": Price({"auth": [1], "user": [3], "order": [2], "payment": [1], "notification": [2]}),
    "q07": Price({"auth": [0], "product": [6], "order": [1]}, luck=1),
    "q08": Price({"order": [4], "payment": [3], "auth": [1], "product": [1], "user": [1]}),
    "q09": Price({"product": [4]}),
    "q10": Price({"product": [3], "order": [1]}),
}

BUDGET = {  # requests, SQL statements: the most each may ever cost
    "q01": (3, 9), "q02": (1, 4), "q03": (4, 7), "q04": (3, 8), "q05": (4, 4),
    "q06": (6, 9), "q07": (3, 7), "q08": (6, 11), "q09": (1, 4), "q10": (2, 6),
}  # fmt: skip


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", sorted(PRICES))
def test_price_is_the_same_for_any_number_of_rows(shop: Shop, name: str, size: int) -> None:
    client = caller_of(shop, name, size)
    client.ask(operation(name), variables_of(name, size))
    assert PRICES[name].admits(client.statements), client.statements


@pytest.mark.parametrize("name", sorted(PRICES))
def test_no_price_is_above_its_budget(name: str) -> None:
    assert PRICES[name].requests <= BUDGET[name][0]
    assert _total(PRICES[name].statements) <= BUDGET[name][1]


def test_an_anonymous_product_page_asks_no_order(shop: Shop) -> None:
    client = shop.client()
    answer = client.send(operation("q01"), variables_of("q01", 10))
    assert answer["data"]["product"]["purchasedByMe"] is None
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["UNAUTHORIZED_FIELD_OR_TYPE"]
    assert client.statements == {"product": [7], "user": [1]}


@pytest.mark.parametrize("name", sorted(PRICES))
def test_there_is_something_to_pay_for(shop: Shop, name: str) -> None:
    """A price over empty lists would prove nothing: every list in the answer has items."""
    data = caller_of(shop, name, 10).ask(operation(name), variables_of(name, 10))
    empty = [path for path, value in _lists(data, "") if not value]
    assert [path for path in empty if not path.endswith(("warnings", "refunds"))] == []
    assert len(json.dumps(data)) > 300


def _lists(value: Any, path: str) -> list[tuple[str, list[Any]]]:
    if isinstance(value, dict):
        return [found for key, each in value.items() for found in _lists(each, f"{path}.{key}")]
    if isinstance(value, list):
        return [(path, value), *(found for each in value for found in _lists(each, path))]
    return []
