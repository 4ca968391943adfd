"""A basket as a value: its lines, its caps, and the edits a customer makes (S-037, D16).

Prices are never stored in a cart. The line order is the order in which products were first added; ``Cart.subtotal``
and ``Cart.warnings`` match a representation's lines to these by position, so an edit keeps the order of what it leaves.
"""

from __future__ import annotations

import base64
import binascii
import struct
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from subgraphs.kernel.refusals import Invalid

MAX_LINE_QUANTITY = 99
MAX_LINES = 100

_LINE_ID = struct.Struct(">16s16sHQ")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Line:
    """One product in a cart, 1 to ``MAX_LINE_QUANTITY`` units of it."""

    product_id: UUID
    quantity: int
    added_at: datetime


@dataclass(frozen=True, slots=True)
class Merged:
    """What merging took over: the resulting lines, and per moved product the units that now stand in the cart."""

    lines: tuple[Line, ...]
    moved: tuple[Line, ...]
    capped: frozenset[UUID]


def add_line(lines: Sequence[Line], product_id: UUID, quantity: int, now: datetime) -> tuple[Line, ...]:
    """``lines`` with ``quantity`` more units of the product; Invalid beyond a cap, nothing is cut silently."""
    if quantity < 1:
        raise _refuse("INVALID_QUANTITY", "Add at least one unit.", "quantity >= 1")
    held = next((line.quantity for line in lines if line.product_id == product_id), 0)
    return set_line(lines, product_id, held + quantity, now)


def set_line(lines: Sequence[Line], product_id: UUID, quantity: int, now: datetime) -> tuple[Line, ...]:
    """``lines`` with exactly ``quantity`` units of the product, 0 removes the line; Invalid beyond a cap."""
    if quantity < 0:
        raise _refuse("INVALID_QUANTITY", "A quantity cannot be negative.", "quantity >= 0")
    if quantity > MAX_LINE_QUANTITY:
        message = f"At most {MAX_LINE_QUANTITY} units of one product fit in a cart."
        raise _refuse("QUANTITY_LIMIT", message, f"quantity <= {MAX_LINE_QUANTITY}")
    if quantity == 0:
        return tuple(line for line in lines if line.product_id != product_id)
    if any(line.product_id == product_id for line in lines):
        return tuple(replace(line, quantity=quantity) if line.product_id == product_id else line for line in lines)
    if len(lines) >= MAX_LINES:
        message = f"At most {MAX_LINES} different products fit in a cart."
        raise _refuse("CART_FULL", message, f"lines <= {MAX_LINES}")
    return (*lines, Line(product_id, quantity, now))


def merge_lines(own: Sequence[Line], guest: Sequence[Line]) -> Merged:
    """The guest's lines added to the customer's own: quantities add up, capped by both limits.

    Lines that no longer fit (``MAX_LINES``) stay out and are reported as capped with quantity 0.
    """
    merged = {line.product_id: line for line in own}
    moved: list[Line] = []
    capped: set[UUID] = set()
    for line in guest:
        held = merged.get(line.product_id)
        if held is None and len(merged) >= MAX_LINES:
            capped.add(line.product_id)
            moved.append(replace(line, quantity=0))
            continue
        wanted = line.quantity + (held.quantity if held else 0)
        if wanted > MAX_LINE_QUANTITY:
            capped.add(line.product_id)
        merged[line.product_id] = replace(held or line, quantity=min(wanted, MAX_LINE_QUANTITY))
        moved.append(merged[line.product_id])
    return Merged(tuple(merged.values()), tuple(moved), frozenset(capped))


def _refuse(code: str, message: str, constraint: str) -> Invalid:
    return Invalid(message, code=code, path=["quantity"], constraint=constraint)


def total_quantity(lines: Sequence[Line]) -> int:
    """Units over all lines."""
    return sum(line.quantity for line in lines)


def encode_line_id(cart_id: UUID, line: Line) -> str:
    """The opaque id of a cart line: cart, product, quantity and time, so that a reference to it costs no statement."""
    micros = (line.added_at - _EPOCH) // timedelta(microseconds=1)
    packed = _LINE_ID.pack(cart_id.bytes, line.product_id.bytes, line.quantity, micros)
    return base64.urlsafe_b64encode(packed).decode("ascii")


def decode_line_id(text: str) -> tuple[UUID, Line] | None:
    """What ``encode_line_id`` packed, or None for anything else."""
    try:
        cart, product, quantity, micros = _LINE_ID.unpack(base64.b64decode(text, altchars=b"-_", validate=True))
        added_at = _EPOCH + timedelta(microseconds=micros)
    except (binascii.Error, struct.error, ValueError, OverflowError):
        return None
    if not 1 <= quantity <= MAX_LINE_QUANTITY:
        return None
    return UUID(bytes=cart), Line(UUID(bytes=product), quantity, added_at)
