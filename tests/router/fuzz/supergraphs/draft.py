"""Subgraphs being written: what the generator decides, before it is SDL."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field

__all__ = ["DraftField", "DraftSubgraph", "DraftType"]

_DIRECTIVES = (
    "key", "shareable", "external", "requires", "provides", "override", "inaccessible", "interfaceObject", "extends"
)  # fmt: skip
_NEW = ("context", "fromContext")
"""Since version 2.8."""


@dataclass
class DraftField:
    """A field as one subgraph declares it."""

    type: str
    arguments: str = ""
    directives: list[str] = field(default_factory=list)


@dataclass
class DraftType:
    """``keys`` are field sets, and whether they are resolvable."""

    kind: str = "type"
    keys: dict[str, bool] = field(default_factory=dict)
    implements: set[str] = field(default_factory=set)
    fields: dict[str, DraftField] = field(default_factory=dict)
    members: list[str] = field(default_factory=list)
    """Of a union, an enum or an input type, as they are written."""
    directives: list[str] = field(default_factory=list)


@dataclass
class DraftSubgraph:
    """One subgraph; ``forbidden`` types stand behind an interface object here."""

    name: str
    federation_1: bool = False
    version: str = "2.5"
    style: str = "import"
    roots: dict[str, str] = field(default_factory=dict)
    types: dict[str, DraftType] = field(default_factory=dict)
    forbidden: set[str] = field(default_factory=set)

    def type(self, name: str, kind: str = "type") -> DraftType:
        """The type of a name, begun when it is new."""
        return self.types.setdefault(name, DraftType(kind))

    def has(self, type_name: str, name: str) -> bool:
        """Whether a field is declared here, in whatever way."""
        return type_name in self.types and name in self.types[type_name].fields

    def print(self, pick: random.Random) -> str:
        """The SDL. Extensions are written as such in Federation 1, where another subgraph has the type."""
        parts = [*self._head()]
        for name, type_ in self.types.items():
            parts.append(self._print_type(name, type_, pick))
        return "\n".join(parts) + "\n"

    def _head(self) -> Iterator[str]:
        if not self.federation_1:
            names = (*_DIRECTIVES, *(_NEW if self.version >= "2.8" else ()))
            items = ", ".join(self._import(name) for name in names if self._import(name))
            imports = f", import: [{items}]"
            yield f'extend schema @link(url: "https://specs.apollo.dev/federation/v{self.version}"{imports})'
        present = {usual: own for usual, own in self.roots.items() if usual in self.types}
        if any(usual != own for usual, own in present.items()):
            yield f"schema {{ {' '.join(f'{usual.lower()}: {own}' for usual, own in present.items())} }}"

    def _print_type(self, name: str, type_: DraftType, pick: random.Random) -> str:
        name = self.roots.get(name, name)
        if type_.kind == "union":
            return f"union {name} = {' | '.join(sorted(type_.members))}"
        if type_.kind in ("enum", "input"):
            return self._named(f"{type_.kind} {name} {{ {' '.join(type_.members)} }}")
        if type_.kind == "scalar":
            return f"scalar {name}"
        directives = "".join(
            f' @key(fields: "{key}"{"" if resolvable else ", resolvable: false"})'
            for key, resolvable in type_.keys.items()
        ) + "".join(f" {one}" for one in type_.directives)
        implements = f" implements {' & '.join(sorted(type_.implements))}" if type_.implements else ""
        fields = [*type_.fields.items()]
        pick.shuffle(fields)
        lines = [
            f"  {field_name}{one.arguments}: {one.type}{''.join(f' {directive}' for directive in one.directives)}"
            for field_name, one in fields
        ]
        return self._named("\n".join([f"{type_.kind} {name}{implements}{directives} {{", *lines, "}"]))

    def _import(self, name: str) -> str:
        """How the link brings in a directive. Those that reach the supergraph have one name in all subgraphs."""
        if name == "inaccessible" or self.style == "import":
            return f'"@{name}"'
        return f'{{name: "@{name}", as: "@fed_{name}"}}' if self.style == "renamed" else ""

    def _named(self, text: str) -> str:
        """Directives under the names this subgraph has for them."""
        prefix = {"prefixed": "@federation__", "renamed": "@fed_"}.get("" if self.federation_1 else self.style, "@")
        return text.replace("@", prefix).replace(f"{prefix}inaccessible", "@inaccessible")
