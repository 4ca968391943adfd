"""Source keys: under which key of the merged data each field's value is kept.

One ``Names`` stands for a place in the merged data, whatever types its objects have, because GraphQL demands of every
document that fields of one response key agree (section 5.3.2, Field Selection Merging) in arguments and in shape.
"""

from __future__ import annotations

from router.planner.operation import Signature

__all__ = ["Names"]


class Names:
    """The source keys in use at one place."""

    def __init__(self) -> None:
        self._signatures: dict[str, Signature] = {}
        self._shapes: dict[tuple[str, str], str] = {}
        self._below: dict[str, Names] = {}

    def assign(self, wanted: str, signature: Signature, graph: str, shape: str) -> str:
        """``wanted``, or an alias when ``wanted`` means another field here or has another shape in ``graph``.

        One alias is tried after the other: O(aliases of ``wanted`` here).
        """
        key, number = wanted, 0
        while not self._fits(key, signature, graph, shape):
            key = f"_{number}_{wanted.lstrip('_')}"
            number += 1
        self._signatures[key] = signature
        self._shapes[key, graph] = shape
        return key

    def below(self, key: str) -> Names:
        """The place under a source key."""
        return self._below.setdefault(key, Names())

    def _fits(self, key: str, signature: Signature, graph: str, shape: str) -> bool:
        if key == "__typename":
            return False
        return self._signatures.get(key, signature) == signature and self._shapes.get((key, graph), shape) == shape
