"""Python source being generated, with the values it refers to."""

from __future__ import annotations

from typing import Any

__all__ = ["Source"]


class Source:
    """Statements of a module and its globals. What goes into one is a literal made by ``repr`` or a name made here."""

    def __init__(self, **names: Any) -> None:
        self._statements: list[str] = []
        self._names: dict[str, Any] = {"__builtins__": {}, **names}
        self._known: dict[int, str] = {}
        self._given = 0

    def name(self, prefix: str) -> str:
        """A name not given before."""
        self._given += 1
        return f"{prefix}{self._given}"

    def constant(self, prefix: str, value: Any) -> str:
        """The name of a global that holds ``value``; the same object keeps its name."""
        known = self._known.get(id(value))
        if known is None:
            known = self._known[id(value)] = self.name(prefix)
            self._names[known] = value
        return known

    def add(self, lines: list[str]) -> None:
        """One statement, in general the definition of a function."""
        self._statements.append("\n".join(lines))

    def build(self, wanted: str) -> Any:
        """Run the module and return its global ``wanted``.

        Statement by statement: no other thread runs while Python compiles, and a whole module can take it a second.
        """
        for statement in self._statements:
            exec(compile(statement, "<plan>", "exec"), self._names)  # noqa: S102 - holds no input, see class
        return self._names[wanted]
