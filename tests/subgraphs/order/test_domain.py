"""The order room's rules: the state machine in full, order numbers, baskets, sums."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import product
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from subgraphs.kernel.refusals import Invalid, Refusals
from subgraphs.order.domain import cart, order_number, pricing
from subgraphs.order.domain.address import checked_address, from_snapshot
from subgraphs.order.domain.checkout import STATE_AFTER, SagaStep
from subgraphs.order.domain.pricing import PricedLine
from subgraphs.order.domain.status import OrderStatus, allowed_transitions, may_move

NOW = datetime(2026, 8, 1, 12, tzinfo=UTC)
DAY = date(2026, 8, 1)
P, C, R, S, D, X = OrderStatus
LEGAL = {(P, C), (C, R), (R, S), (S, D), (P, X), (C, X), (R, X)}


@pytest.mark.parametrize(("current", "target"), list(product(OrderStatus, OrderStatus)))
def test_exactly_the_seven_legal_moves_are_allowed(current: OrderStatus, target: OrderStatus) -> None:
    assert may_move(current, target) == ((current, target) in LEGAL)
    assert (target in allowed_transitions(current)) == ((current, target) in LEGAL)


def test_every_saga_step_has_a_state_for_clients() -> None:
    assert set(STATE_AFTER) == set(SagaStep)


# -- order numbers -----------------------------------------------------------------------------------------------------


def test_a_number_names_its_day_and_survives_being_typed() -> None:
    number = order_number.new_order_number(DAY)
    assert number.startswith("ORD-20260801-")
    assert len(number) == len("ORD-20260801-") + 11
    assert not set(number.rpartition("-")[2]) & set("ILOU")
    typed = number.lower().replace("0", "o", 1)
    assert order_number.normalise_order_number(number) == number
    assert order_number.normalise_order_number(f" {number.lower()} ") == number
    assert order_number.normalise_order_number("ord-" + typed[4:].replace("o", "0")) == number


def test_numbers_that_would_need_punctuation_are_drawn_again() -> None:
    draws = iter(range(100))
    numbers = {order_number.new_order_number(DAY, lambda _: next(draws)) for _ in range(60)}
    assert len(numbers) == 60


@given(st.integers(0, 32**10 - 1), st.integers(0, 10), st.integers(1, 31))
def test_one_wrong_symbol_is_noticed(value: int, position: int, shift: int) -> None:
    draws = iter(range(value, value + 50))
    number = order_number.new_order_number(DAY, lambda _: next(draws) % 32**10)
    symbols = list(number.rpartition("-")[2])
    alphabet = order_number.ALPHABET
    symbols[position] = alphabet[(alphabet.index(symbols[position]) + shift) % 32]
    assert order_number.normalise_order_number(f"ORD-20260801-{''.join(symbols)}") is None


@pytest.mark.parametrize("text", ["", "ORD", "ORD-20260801-", "ORD-20261301-00000000000", "XYZ-20260801-7K3QH9TZ2C4"])
def test_what_is_no_number_is_none(text: str) -> None:
    assert order_number.normalise_order_number(text) is None


# -- baskets -----------------------------------------------------------------------------------------------------------


def test_adding_keeps_the_order_of_lines() -> None:
    first, second = uuid4(), uuid4()
    lines = cart.add_line((), first, 1, NOW)
    lines = cart.add_line(lines, second, 2, NOW)
    lines = cart.add_line(lines, first, 3, NOW)
    assert [(line.product_id, line.quantity) for line in lines] == [(first, 4), (second, 2)]
    assert [line.product_id for line in cart.set_line(lines, first, 0, NOW)] == [second]


@pytest.mark.parametrize(
    ("quantity", "code"), [(0, "INVALID_QUANTITY"), (-1, "INVALID_QUANTITY"), (100, "QUANTITY_LIMIT")]
)
def test_adding_beyond_the_caps_is_refused(quantity: int, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        cart.add_line((), uuid4(), quantity, NOW)
    assert refused.value.code == code


def test_a_full_cart_takes_more_of_what_it_holds_but_nothing_new() -> None:
    lines: tuple[cart.Line, ...] = ()
    for _ in range(cart.MAX_LINES):
        lines = cart.add_line(lines, uuid4(), 1, NOW)
    assert cart.add_line(lines, lines[0].product_id, 1, NOW)[0].quantity == 2
    with pytest.raises(Invalid) as refused:
        cart.add_line(lines, uuid4(), 1, NOW)
    assert refused.value.code == "CART_FULL"


def test_merging_adds_up_and_says_what_it_capped() -> None:
    shared, other = uuid4(), uuid4()
    own = cart.add_line((), shared, 98, NOW)
    guest = cart.add_line(cart.add_line((), shared, 5, NOW), other, 1, NOW)
    merged = cart.merge_lines(own, guest)
    assert {line.product_id: line.quantity for line in merged.lines} == {shared: 99, other: 1}
    assert [(line.product_id, line.quantity) for line in merged.moved] == [(shared, 99), (other, 1)]
    assert merged.capped == {shared}


@given(st.uuids(), st.uuids(), st.integers(1, 99), st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)))  # noqa: DTZ001
def test_a_line_id_gives_back_what_it_was_made_of(owner: UUID, item: UUID, quantity: int, at: datetime) -> None:
    line = cart.Line(item, quantity, at.replace(tzinfo=UTC))
    assert cart.decode_line_id(cart.encode_line_id(owner, line)) == (owner, line)


@given(st.text())
def test_other_line_ids_are_none(text: str) -> None:
    assert cart.decode_line_id(text) is None


# -- sums --------------------------------------------------------------------------------------------------------------


def priced(price: str, quantity: int = 1, currency: str = "USD") -> PricedLine:
    return PricedLine(uuid4(), "sku", "name", quantity, Decimal(price), currency)


@pytest.mark.parametrize(
    ("price", "shipping", "total"), [("49.99", "5.99", "55.98"), ("50.00", "0.00", "50.00"), ("0.00", "5.99", "5.99")]
)
def test_shipping_is_flat_and_free_from_fifty_on(price: str, shipping: str, total: str) -> None:
    totals = pricing.order_totals([priced(price)], "USD")
    assert (str(totals.shipping), str(totals.total)) == (shipping, total)


def test_prices_in_another_currency_are_refused() -> None:
    with pytest.raises(Invalid) as refused:
        pricing.order_totals([priced("1.00"), priced("1.00", currency="EUR")], "USD")
    assert refused.value.code == "CURRENCY_MISMATCH"


def test_sums_are_exact() -> None:
    assert pricing.sum_of_prices([(Decimal("0.10"), "USD", 3), (Decimal("19.99"), "USD", 7)]) == (
        Decimal("140.23"),
        "USD",
    )
    assert pricing.sum_of_prices([]) is None
    assert pricing.sum_of_prices([(Decimal(1), "USD", 1), (Decimal(1), "EUR", 1)]) is None


def test_an_address_names_everything_that_is_wrong_with_it() -> None:
    with pytest.raises(Refusals) as refused:
        checked_address({"street": " ", "city": "x" * 300, "country": "Germany"}, ["input", "shippingAddress"])
    assert [refusal.code for refusal in refused.value.refusals] == [
        "ADDRESS_FIELD_REQUIRED",
        "ADDRESS_FIELD_TOO_LONG",
        "COUNTRY_INVALID",
    ]


def test_a_snapshot_is_read_in_either_spelling() -> None:
    for name in ("zip_code", "zipCode"):
        kept = from_snapshot({"street": "Main 1", "city": "Bonn", "country": "DE", name: "53111"})
        assert (kept["zip_code"], kept["state"], kept["recipient"]) == ("53111", "", None)
