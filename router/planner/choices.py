"""The choices made while a plan is built, so that the same plan can be built again with one of them changed."""

from __future__ import annotations

__all__ = ["Choices"]


class Choices:
    """Answers each choice from a script, and with the first alternative where the script says nothing."""

    def __init__(self, script: dict[int, int] | None = None) -> None:
        self._script = script or {}
        self.widths: list[int] = []
        """How many alternatives each choice had, in the order they came up."""

    def pick(self, width: int) -> int:
        """Index of the alternative to take; alternatives are ordered best first."""
        number = len(self.widths)
        self.widths.append(width)
        return min(self._script.get(number, 0), width - 1)

    def variations(self) -> list[dict[int, int]]:
        """Scripts that differ from this one in a single choice."""
        return [
            {**self._script, number: alternative}
            for number, width in enumerate(self.widths)
            for alternative in range(width)
            if alternative != min(self._script.get(number, 0), width - 1)
        ]
