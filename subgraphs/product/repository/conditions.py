"""A WHERE clause that grows by constant fragments; values travel as numbered parameters only (S-117)."""

from __future__ import annotations

from subgraphs.kernel.pagination import PageRequest


class Conditions:
    """``conditions.add("p.price >= {}", minimum)``; ``{}`` stands for the next parameter."""

    def __init__(self, *arguments: object) -> None:
        """``arguments`` are the statement's first parameters."""
        self.arguments: list[object] = list(arguments)
        self._fragments: list[str] = []

    def add(self, fragment: str, *values: object) -> None:
        """All fragments must hold."""
        self._fragments.append(self.bind(fragment, *values))

    def bind(self, fragment: str, *values: object) -> str:
        """The fragment with its parameters numbered; the caller decides where it stands."""
        first = len(self.arguments) + 1
        self.arguments.extend(values)
        return fragment.format(*(f"${first + index}" for index in range(len(values))))

    def add_page(self, request: PageRequest) -> None:
        """Rows behind the request's cursor."""
        condition, values = request.where(len(self.arguments) + 1)
        self.arguments.extend(values)
        self._fragments.append(condition)

    @property
    def sql(self) -> str:
        return " AND ".join(self._fragments) or "TRUE"
