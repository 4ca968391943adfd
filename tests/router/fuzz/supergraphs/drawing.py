"""What is decided so far about the subgraphs of one supergraph, and how a subgraph comes to know a type or a field."""

from __future__ import annotations

import random
import re
from collections.abc import Callable

from tests.router.fuzz.supergraphs.draft import DraftField, DraftSubgraph

__all__ = ["LEAVES", "Drawing"]

LEAVES = ("String", "Int", "Float", "Boolean", "ID", "Date", "Hue")
ROOTS = ("Query", "Mutation", "Subscription")
KEY_TYPES = {"id": "ID!", "code": "String!", "x": "String!", "y": "Int!", "spec": "Spec!"}


class Drawing:
    """Subgraphs being drawn. Entities, values, interfaces and unions are known by name; fields by coordinate."""

    def __init__(self, pick: random.Random) -> None:
        self.pick = pick
        count = pick.choice((2, 2, 3, 3, 3, 4, 4, 5, 6))
        self.subgraphs = [DraftSubgraph(f"s{number}") for number in range(count)]
        for number, one in enumerate(self.subgraphs):
            one.federation_1 = number > 0 and pick.random() < 0.12
            one.version = pick.choice(("2.3", "2.5", "2.7", "2.8", "2.9"))
            one.style = pick.choice(("import",) * 8 + ("prefixed", "renamed"))
            renamed = pick.random() < 0.1
            one.roots = {usual: f"{usual}Root" if renamed else usual for usual in ROOTS}
        self.keys: dict[str, list[str]] = {}
        self.mates: dict[str, str] = {}
        """Of entities with a key through another entity: which one."""
        self.participants: dict[str, list[DraftSubgraph]] = {}
        self.owners: dict[tuple[str, str], list[DraftSubgraph]] = {}
        self.types: dict[tuple[str, str], tuple[str, str]] = {}
        """Type and arguments of every field that is owned, by coordinate."""
        self.values: dict[str, dict[str, str]] = {"Spec": {"serial": "String!"}}
        self.interfaces: dict[str, tuple[list[str], list[str]]] = {}
        """Implementations and field names."""
        self.keyed: dict[str, DraftSubgraph] = {}
        self.unions: dict[str, list[str]] = {}
        self.fixed: set[tuple[str, str]] = set()
        """Fields whose declarations are not to be changed any more: external somewhere, or overridden."""
        self.provided: set[tuple[str, str]] = set()
        """Fields that are external and provided somewhere."""
        self.names = 0

    def chance(self, probability: float) -> bool:
        return self.pick.random() < probability

    def fresh(self, prefix: str = "f") -> str:
        self.names += 1
        return f"{prefix}{self.names}"

    def wrapped(self, name: str) -> str:
        forms = ("{}",) * 5 + ("{}!",) * 3 + ("[{}]", "[{}!]", "[{}!]!", "[[{}]]", "[[{}!]]!")
        return self.pick.choice(forms).format(name)

    def field_type(self, one: DraftSubgraph) -> tuple[str, str]:
        composites = [*self.keys, *self.keys, *self.values, *self.interfaces, *self.unions]
        possible = [name for name in composites if name != "Spec" and self.allowed(one, name)]
        name = self.pick.choice(possible) if possible and self.chance(0.55) else self.pick.choice(LEAVES)
        self.know(one, name)
        wrapped = self.wrapped(name)
        if name in self.unions or name in self.interfaces:
            wrapped = wrapped.rstrip("!")
        arguments = self.arguments() if self.chance(0.3) else ""
        for argument in re.findall(r"\b(Mode|Opts|Hue|Date)\b", arguments):
            self.know(one, argument)
        return wrapped, arguments

    def arguments(self) -> str:
        kinds = (
            "a: Int",
            "b: Int = 7",
            'c: String = "x"',
            "d: Mode",
            "e: Mode = ON",
            "g: Opts",
            "h: [String!]",
            "j: Int!",
        )
        kinds += ('k: Opts = {s: "d"}', "l: Boolean! = true", "q: [Opts!]")
        return f"({', '.join(self.pick.sample(kinds, self.pick.choice((1, 1, 2, 3))))})"

    def declare_keys(self, one: DraftSubgraph, name: str, keys: list[str], *, resolvable: bool) -> None:
        type_ = one.type(name)
        for key in keys:
            type_.keys[key] = type_.keys.get(key, False) or resolvable
            for part in re.sub(r"\{.*?\}", "", key).split():
                wrapped = f"{self.mates[name]}!" if part == "mate" else KEY_TYPES[part]
                type_.fields.setdefault(part, DraftField(wrapped))
                self.types[name, part] = (wrapped, "")
                if part == "spec":
                    self.know(one, "Spec")
                elif part == "mate":
                    self.know(one, wrapped)
                    if not one.has(self.mates[name], "id"):
                        self.declare_keys(one, self.mates[name], ["id"], resolvable=one.federation_1)

    def allowed(self, one: DraftSubgraph, name: str) -> bool:
        """Whether a subgraph may know a type."""
        if name in self.keyed:
            return self.keyed[name] is one or name in one.types
        if name in self.values:
            return all(self.allowed(one, type_.strip("[]!")) for type_ in self.values[name].values())
        if name in self.unions:
            return any(self.allowed(one, member) for member in self.unions[name])
        if name in self.interfaces:
            return any(self.allowed(one, type_) for type_ in self.interfaces[name][0])
        return name not in one.forbidden

    def know(self, one: DraftSubgraph, wrapped: str) -> None:
        """Declare a type, and what it needs, in a subgraph."""
        name = wrapped.strip("[]!")
        if name in ("Hue", "Mode", "Opts", "Date"):
            self.know_leaf(one, name)
        elif name in self.values:
            if name not in one.types:
                type_ = one.type(name)
                for field, field_type in self.values[name].items():
                    type_.fields[field] = DraftField(field_type, directives=[] if one.federation_1 else ["@shareable"])
                    self.know(one, field_type)
        elif name in self.keys and name not in one.types:
            stub = not one.federation_1 and self.chance(0.4)
            self.declare_keys(one, name, [self.pick.choice(self.keys[name])], resolvable=not stub)
            if not stub:
                self.participants[name].append(one)
        elif name in self.unions and name not in one.types:
            members = [member for member in self.unions[name] if self.allowed(one, member)]
            one.type(name, "union").members = [member for member in members if self.chance(0.75)] or members[:1]
            for member in one.type(name).members:
                self.know(one, member)
        elif name in self.interfaces and name not in one.types:
            self.know_interface(one, name)

    def know_leaf(self, one: DraftSubgraph, name: str) -> None:
        if name in one.types:
            return
        if name == "Date":
            one.type(name, "scalar")
        elif name == "Hue":
            values = [hue for hue in self.hues if hue == "RED" or self.chance(0.85)]
            hidden = not one.federation_1 and self.chance(0.3)
            one.type(name, "enum").members = [f"{v} @inaccessible" if v == "GONE" and hidden else v for v in values]
        elif name == "Mode":
            one.type(name, "enum").members = ["ON", "OFF", *(["AUTO"] if self.chance(0.5) else [])]
        else:
            extra = ["only: Int"] if self.chance(0.3) else []
            one.type(name, "input").members = ["n: Int = 1", "s: String", "m: Mode", "l: [Int!]", "o: Opts", *extra]
            self.know_leaf(one, "Mode")

    def know_interface(self, one: DraftSubgraph, name: str) -> None:
        types, names = self.interfaces[name]
        one.type(name, "interface")
        type_ = self.pick.choice([type_ for type_ in types if self.allowed(one, type_)])
        self.know(one, type_)
        field = self.pick.choice(names)
        if not one.has(type_, field):
            field_type, arguments = self.types[type_, field]
            self.own(one, type_, field, field_type, arguments)

    def own(self, one: DraftSubgraph, type_name: str, name: str, type_: str, arguments: str) -> None:
        """Make a subgraph resolve a field of an entity."""
        self.know(one, type_name)
        self.know(one, type_)
        for argument in re.findall(r"\b(Mode|Opts|Hue|Date)\b", arguments):
            self.know(one, argument)
        entity = one.type(type_name)
        if type_name in self.keys:
            if not any(entity.keys.values()):
                entity.keys = dict.fromkeys(entity.keys, True)
            if one not in self.participants[type_name]:
                self.participants[type_name].append(one)
        entity.fields[name] = DraftField(type_, arguments)
        self.types.setdefault((type_name, name), (type_, arguments))
        self.owners.setdefault((type_name, name), []).append(one)

    def own_anywhere(self, type_name: str, name: str, type_: str, arguments: str) -> None:
        possible = [one for one in self.participants[type_name] if self.allowed(one, type_.strip("[]!"))]
        for one in self.pick.sample(possible, min(len(possible), self.pick.choice((1, 1, 1, 1, 2)))):
            self.own(one, type_name, name, type_, arguments)

    def external(self, one: DraftSubgraph, type_name: str, name: str) -> None:
        type_, arguments = self.types[type_name, name]
        self.know(one, type_)
        for argument in re.findall(r"\b(Mode|Opts|Hue|Date)\b", arguments):
            self.know(one, argument)
        one.type(type_name).fields[name] = DraftField(type_, arguments, ["@external"])
        self.fixed.add((type_name, name))

    def candidates(self, test: Callable[[str, str, DraftSubgraph], bool]) -> list[tuple[str, str, DraftSubgraph]]:
        """Entity fields with one owner, and a subgraph that has the entity but not the field."""
        return [
            (type_name, name, one)
            for (type_name, name), owners in self.owners.items()
            if type_name in self.keys and len(owners) == 1
            for one in self.participants[type_name]
            if not one.has(type_name, name) and test(type_name, name, one)
        ]

    def overridden(self) -> set[tuple[str, str]]:
        return {
            (type_name, name)
            for one in self.subgraphs
            for type_name, type_ in one.types.items()
            for name, field in type_.fields.items()
            if any("@override" in text for text in field.directives)
        }
