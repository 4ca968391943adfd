"""The ten reference operations against the composed shop: requests and rounds, and the plans that say most."""

from __future__ import annotations

from pathlib import Path

import pytest
from graphql import parse, validate

from router.composition import SubgraphSource, compose
from router.planner import Planner
from router.query_plan.nodes import (
    Condition,
    EntityFetch,
    Fetch,
    Parallel,
    PlanNode,
    QueryPlan,
    Sequence,
    Subscription,
    fetches,
)
from router.supergraph import Supergraph

TESTS = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def planner() -> Planner:
    sources = [
        SubgraphSource(path.stem, f"http://{path.stem}", path.read_text())
        for path in sorted((TESTS / "contracts").glob("*.graphql"))
    ]
    result = compose(sources)
    assert result.supergraph_sdl is not None, result.errors
    return Planner(Supergraph.from_sdl(result.supergraph_sdl))


def plan(planner: Planner, operation: str) -> QueryPlan:
    document = parse(operation)
    assert validate(planner.supergraph.api_schema, document) == []
    return planner.plan(document)


def rounds(node: PlanNode | None) -> int:
    match node:
        case None:
            return 0
        case Fetch() | EntityFetch():
            return 1
        case Sequence(nodes):
            return sum(rounds(child) for child in nodes)
        case Parallel(nodes):
            return max(rounds(child) for child in nodes)
        case Condition(node=child):
            return rounds(child)
        case Subscription(_, rest):
            return 1 + rounds(rest)


def services(query_plan: QueryPlan) -> list[str]:
    return [fetch.service for fetch in fetches(query_plan.node)]


@pytest.mark.parametrize(
    ("name", "expected_services", "expected_rounds"),
    [
        ("q01", ["product", "user", "order"], 2),
        ("q02", ["product"], 1),
        ("q03", ["auth", "order", "product", "payment"], 3),
        ("q04", ["order", "product", "user"], 3),
        ("q05", ["auth", "order", "product", "order"], 4),
        ("q06", ["auth", "user", "notification", "order", "payment"], 3),
        ("q07", ["auth", "product", "order"], 3),
        ("q08", ["order", "auth", "user", "product", "payment"], 2),
        ("q09", ["product"], 1),
        ("q10", ["product", "order"], 2),
    ],
)
def test_reference_operation(planner: Planner, name: str, expected_services: list[str], expected_rounds: int) -> None:
    operation = (TESTS / "supergraph" / "operations" / f"{name}.graphql").read_text()
    query_plan = plan(planner, operation)
    assert services(query_plan) == expected_services
    assert rounds(query_plan.node) == expected_rounds


@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        ("{ me { id __typename } }", ["auth"]),
        ('{ order(by: { id: "1" }) { buyer { id } items { product { id } } } }', ["order"]),
        ('{ payment(id: "1") { order { id buyer { id } } } }', ["payment"]),
        ('{ review(id: "1") { author { id } } }', ["product"]),
    ],
)
def test_keys_alone_need_no_jump(planner: Planner, operation: str, expected: list[str]) -> None:
    assert services(plan(planner, operation)) == expected


def test_checkout_completes_its_order_in_one_round(planner: Planner) -> None:
    query_plan = plan(
        planner,
        """
        mutation($input: CheckoutInput!) {
          checkout(input: $input) {
            order { payment { status } items { product { name } } buyer { email } }
            errors { code ... on OutOfStockError { productId } ... on RefundExceedsCapturedError { code } }
          }
        }
        """,
    )
    assert services(query_plan) == ["order", "payment", "product", "auth"]
    assert rounds(query_plan.node) == 2
    primary = next(iter(fetches(query_plan.node)))
    assert "RefundExceedsCapturedError" not in primary.document


def test_mutations_over_three_subgraphs_stay_in_order(planner: Planner) -> None:
    query_plan = plan(
        planner,
        """
        mutation {
          addToCart(productId: "1") { cart { lines { product { name } } } }
          voteReview(id: "1", helpful: true) { review { author { displayName } } }
          markNotificationRead(id: "1") { notification { order { status } } }
        }
        """,
    )
    assert services(query_plan) == ["order", "product", "product", "user", "notification", "order"]
    assert rounds(query_plan.node) == 6


def test_subscription_completes_events_side_by_side(planner: Planner) -> None:
    query_plan = plan(
        planner,
        """
        subscription {
          orderStatusChanged { payment { status } items { product { name } } notifications { title } }
        }
        """,
    )
    assert isinstance(query_plan.node, Subscription)
    assert services(query_plan) == ["order", "payment", "product", "notification"]
    assert rounds(query_plan.node) == 2


def test_planning_the_shop_needs_little_comparing(planner: Planner) -> None:
    for path in sorted((TESTS / "supergraph" / "operations").glob("*.graphql")):
        report = planner.explain(parse(path.read_text()))
        assert report.plans <= (3 if path.stem == "q05" else 1)
        assert report.moves < 100
