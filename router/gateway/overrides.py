"""Which labels of ``@override(from:, label:)`` are on for a request.

``percent(n)`` is decided by one draw per request: the label is on when the draw is less than ``n``, so a request that
has a label of few percent on has all labels of more percent on too. Any other label is on when the configuration
names it. That leaves at most one set of labels more than the supergraph has different percentages.
"""

from __future__ import annotations

import logging
import re
from bisect import bisect_right
from collections.abc import Callable, Iterable

from router.supergraph import Supergraph

__all__ = ["Overrides"]

_log = logging.getLogger("router.engine")
_PERCENT = re.compile(r"percent\((\d+(?:\.\d+)?)\)")


class Overrides:
    """The override labels of one supergraph. ``draw`` gives numbers from 0 up to, but not including, 1.

    Labels that ``switched_on`` names are always on, percentages too; unknown ones are logged and change nothing.
    """

    def __init__(self, supergraph: Supergraph, switched_on: Iterable[str], draw: Callable[[], float]) -> None:
        labels = supergraph.override_labels
        always = frozenset(switched_on)
        unknown = sorted(always - labels)
        if unknown:
            _log.warning(
                "override.labels names %s, which no @override of the supergraph has; its labels: %s.",
                ", ".join(unknown),
                ", ".join(sorted(labels)) or "none",
            )
        always &= labels
        percents = {label: float(found[1]) for label in labels - always if (found := _PERCENT.fullmatch(label))}
        self._draw = draw
        self._bounds = sorted({percent for percent in percents.values() if 0 < percent < 100})
        self.outcomes = tuple(
            always | {label for label, percent in percents.items() if percent >= upper}
            for upper in (*self._bounds, 100.0)
        )
        """Every set of labels that a request can have on, the largest first."""

    def active(self) -> frozenset[str]:
        """The labels that are on for a new request."""
        if not self._bounds:
            return self.outcomes[0]
        return self.outcomes[bisect_right(self._bounds, self._draw() * 100)]
