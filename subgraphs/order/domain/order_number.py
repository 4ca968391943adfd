"""Order numbers: ``ORD-20260801-7K3QH9TZ2C4`` = date, ten random Crockford base32 symbols, one check symbol (D41).

Fifty random bits make a number unguessable and collisions negligible (the UNIQUE constraint decides). The check symbol
is Crockford's: the value of all digits modulo 37. Residues 32 to 36 would need the symbols ``*~$=U``, so numbers with
such a residue are drawn again: a customer can always read the number aloud.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import date

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford base32: no I, L, O, U."""

PREFIX = "ORD"
RANDOM_SYMBOLS = 10
CHECK_MODULUS = 37
_RANDOM_NUMBERS: int = 32**RANDOM_SYMBOLS
_VALUES = {symbol: value for value, symbol in enumerate(ALPHABET)} | {"I": 1, "L": 1, "O": 0}


def new_order_number(day: date, below: Callable[[int], int] = secrets.randbelow) -> str:
    """A fresh number for ``day``. ``below(n)`` draws from ``range(n)``; only tests replace it."""
    while True:
        value = below(_RANDOM_NUMBERS)
        residue = _checksum(day, value)
        if residue < len(ALPHABET):
            return f"{PREFIX}-{day:%Y%m%d}-{_encode(value)}{ALPHABET[residue]}"


def normalise_order_number(text: str) -> str | None:
    """The canonical form of what a person typed (case, spaces, O for 0, I and L for 1); None when it is no number."""
    parts = text.strip().upper().replace(" ", "").split("-")
    if [len(part) for part in parts] != [len(PREFIX), 8, RANDOM_SYMBOLS + 1] or parts[0] != PREFIX:
        return None
    try:
        day = date(int(parts[1][:4]), int(parts[1][4:6]), int(parts[1][6:]))
        digits = [_VALUES[symbol] for symbol in parts[2]]
    except (ValueError, KeyError):
        return None
    value = 0
    for digit in digits[:-1]:
        value = value * len(ALPHABET) + digit
    if _checksum(day, value) != digits[-1]:
        return None
    return f"{PREFIX}-{day:%Y%m%d}-{_encode(value)}{ALPHABET[digits[-1]]}"


def _checksum(day: date, value: int) -> int:
    date_digits = int(f"{day:%Y%m%d}")
    return (date_digits * _RANDOM_NUMBERS + value) % CHECK_MODULUS


def _encode(value: int) -> str:
    symbols = []
    for _ in range(RANDOM_SYMBOLS):
        value, digit = divmod(value, len(ALPHABET))
        symbols.append(ALPHABET[digit])
    return "".join(reversed(symbols))
