"""Random subgraphs that should compose: types split over them in every way the specification offers.

``subgraphs(seed)`` gives SDL by subgraph name. What is decided about one type is in one class: ``_Entities`` (keys,
ownership, sharing), ``_Abstract`` (interfaces, interface objects, unions), ``_Values`` (value types, enums, inputs);
``_Generator`` puts them together and adds requires, provides, overrides and roots.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable

from tests.router.fuzz.draft import DraftField, DraftSubgraph

__all__ = ["subgraphs"]

_KEYS = (
    ["id"],
    ["id"],
    ["id", "code"],
    ["id", "x y"],
    ["x y"],
    ["spec { serial }"],
    ["id", "spec { serial }"],
    ["code", "id"],
)
_KEY_TYPES = {"id": "ID!", "code": "String!", "x": "String!", "y": "Int!", "spec": "Spec!"}
_LEAVES = ("String", "Int", "Float", "Boolean", "ID", "Date", "Hue")
_ENTITIES = ("Ant", "Bee", "Cat", "Dog")
_VALUES = ("Pin", "Rod")


def subgraphs(seed: int) -> dict[str, str]:
    """Subgraphs by name."""
    return _Generator(random.Random(seed)).make()  # noqa: S311 - a seeded generator of examples


class _Generator:
    def __init__(self, pick: random.Random) -> None:
        self.pick = pick
        count = pick.choice((2, 2, 3, 3, 3, 4, 4, 5, 6))
        self.subgraphs = [DraftSubgraph(f"s{number}") for number in range(count)]
        for number, one in enumerate(self.subgraphs):
            one.federation_1 = number > 0 and pick.random() < 0.12
            one.version = pick.choice(("2.3", "2.5", "2.7", "2.8", "2.9"))
            one.style = pick.choice(("import",) * 8 + ("prefixed", "renamed"))
            renamed = pick.random() < 0.1
            one.roots = {usual: f"{usual}Root" if renamed else usual for usual in ("Query", "Mutation")}
        self.keys: dict[str, list[str]] = {}
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

    def make(self) -> dict[str, str]:
        """All steps, in an order in which each finds what it needs."""
        self._make_values()
        self._make_entities()
        self._make_abstract()
        for name in self.keys:
            for _ in range(self.pick.randint(1, 4)):
                self._own_field(name)
            if self.pick.random() < 0.25:
                self._split_value(name)
        self._make_roots()
        for _ in range(self.pick.choice((0, 0, 1, 2))):
            self._override()
        for _ in range(self.pick.choice((0, 1, 2, 3))):
            self._require()
        for _ in range(self.pick.choice((0, 0, 1, 2))):
            self._provide()
        if self.pick.random() < 0.3:
            self._hide()
        self._finish_interfaces()
        self._share()
        self._write_extensions()
        return {one.name: one.print(self.pick) for one in self.subgraphs if one.types}

    def chance(self, probability: float) -> bool:
        return self.pick.random() < probability

    def fresh(self, prefix: str = "f") -> str:
        self.names += 1
        return f"{prefix}{self.names}"

    # -- values, entities, abstract types -----------------------------------------------------------------------------

    def _make_values(self) -> None:
        for name in _VALUES[: self.pick.choice((0, 1, 2))]:
            self.values[name] = {self.fresh("v"): self._wrapped(self.pick.choice(_LEAVES)) for _ in range(2)}
        self.hues = ["RED", "BLUE", "GREEN", "GONE"]

    def _make_entities(self) -> None:
        for name in _ENTITIES[: self.pick.choice((2, 2, 3, 3, 4))]:
            self.keys[name] = list(self.pick.choice(_KEYS))
        self._reserve_interface_object()
        for name, keys in self.keys.items():
            allowed = [one for one in self.subgraphs if name not in one.forbidden]
            chosen = [one for one in allowed if self.chance(0.65)] or [self.pick.choice(allowed)]
            hub = next((self.keyed[one] for one, (types, _) in self.interfaces.items() if name in types), None)
            if hub is not None and hub not in chosen:
                chosen.append(hub)
            for number, one in enumerate(chosen):
                own = keys if number == 0 or one is hub else [key for key in keys if self.chance(0.7)] or [keys[0]]
                self._declare_keys(one, name, own, resolvable=True)
            self.participants[name] = chosen

    def _reserve_interface_object(self) -> None:
        """Decide early which subgraphs have an interface object: they must not know its implementations."""
        new = [one for one in self.subgraphs if not one.federation_1]
        if len(new) < 2 or not self.chance(0.35):
            return
        types = self.pick.sample(sorted(self.keys), 2)
        for name in types:
            self.keys[name] = ["id", *[key for key in self.keys[name] if key != "id"]]
        hub, *others = self.pick.sample(new, self.pick.choice((2, 2, 3)) if len(new) > 2 else 2)
        self.interfaces["Kin"] = (types, [])
        self.keyed["Kin"] = hub
        for one in others:
            one.forbidden |= set(types)
            stand = one.type("Kin")
            stand.keys["id"] = True
            stand.directives.append("@interfaceObject")
            stand.fields["id"] = DraftField("ID!")

    def _declare_keys(self, one: DraftSubgraph, name: str, keys: list[str], *, resolvable: bool) -> None:
        type_ = one.type(name)
        for key in keys:
            type_.keys[key] = type_.keys.get(key, False) or resolvable
            for part in re.sub(r"\{.*?\}", "", key).split():
                type_.fields.setdefault(part, DraftField(_KEY_TYPES[part]))
                self.types[name, part] = (_KEY_TYPES[part], "")
                if part == "spec":
                    self._know(one, "Spec")

    def _make_abstract(self) -> None:
        if "Kin" in self.interfaces:
            self._keyed_interface()
        entities = sorted(self.keys)
        if self.chance(0.55):
            types = self.pick.sample(entities, min(len(entities), self.pick.choice((2, 2, 3))))
            self._interface("Ish", types)
        for name in ("Mix", "Nut")[: self.pick.choice((0, 1, 1, 2))]:
            members = self.pick.sample(entities, 2) + [one for one in self.values if one != "Spec" and self.chance(0.4)]
            self.unions[name] = members

    def _keyed_interface(self) -> None:
        types, names = self.interfaces["Kin"]
        hub = self.keyed["Kin"]
        interface = hub.type("Kin", "interface")
        interface.keys["id"] = True
        interface.fields["id"] = DraftField("ID!")
        for _ in range(self.pick.randint(1, 2)):
            name, type_ = self.fresh("k"), self.pick.choice(_LEAVES)
            names.append(name)
            interface.fields[name] = DraftField(type_)
            self._know(hub, type_)
            for implementation in types:
                hub.type(implementation).implements.add("Kin")
                self._own(hub, implementation, name, type_, "")
        for one in self.subgraphs:
            if one is not hub and "Kin" in one.types:
                for _ in range(self.pick.randint(1, 2)):
                    name, (type_, arguments) = self.fresh("o"), self._field_type(one)
                    one.type("Kin").fields[name] = DraftField(type_, arguments)
                if self.chance(0.4):
                    self._require_of_interface(one, names)

    def _require_of_interface(self, one: DraftSubgraph, names: list[str]) -> None:
        needed = self.pick.choice(names)
        type_ = self.keyed["Kin"].type("Kin").fields[needed].type
        self._know(one, type_)
        stand = one.type("Kin")
        stand.fields[needed] = DraftField(type_, directives=["@external"])
        stand.fields[self.fresh("o")] = DraftField("String", directives=[f'@requires(fields: "{needed}")'])
        self.fixed |= {(implementation, needed) for implementation in self.interfaces["Kin"][0]}

    def _interface(self, name: str, types: list[str]) -> None:
        names = []
        for _ in range(self.pick.randint(1, 2)):
            field, type_ = self.fresh("i"), self._wrapped(self.pick.choice(_LEAVES))
            names.append(field)
            self.types[name, field] = (type_, "")
            for implementation in types:
                stricter = f"{type_}!" if self.chance(0.3) and not type_.endswith("!") else type_
                self._own_anywhere(implementation, field, stricter, "")
        self.interfaces[name] = (types, names)

    def _finish_interfaces(self) -> None:
        """Which implementations and fields each subgraph's interface has, now that it is known who declares what."""
        for name, (types, names) in self.interfaces.items():
            for one in self.subgraphs:
                interface = one.types.get(name)
                if interface is None or interface.kind != "interface" or name in self.keyed:
                    continue
                known = [type_ for type_ in types if type_ in one.types]
                useful = [field for field in names if any(one.has(type_, field) for type_ in known)]
                anchor = self.pick.choice(useful)
                known = [type_ for type_ in known if one.has(type_, anchor)]
                for field in useful:
                    if all(one.has(type_, field) for type_ in known):
                        interface.fields[field] = DraftField(self.types[name, field][0])
                for type_ in known:
                    one.types[type_].implements.add(name)

    # -- who knows what -----------------------------------------------------------------------------------------------

    def _allowed(self, one: DraftSubgraph, name: str) -> bool:
        """Whether a subgraph may know a type."""
        if name in self.keyed:
            return self.keyed[name] is one or name in one.types
        if name in self.unions:
            return any(self._allowed(one, member) for member in self.unions[name])
        if name in self.interfaces:
            return any(self._allowed(one, type_) for type_ in self.interfaces[name][0])
        return name not in one.forbidden

    def _know(self, one: DraftSubgraph, wrapped: str) -> None:
        """Declare a type, and what it needs, in a subgraph."""
        name = wrapped.strip("[]!")
        if name in ("Hue", "Mode", "Opts", "Date"):
            self._know_leaf(one, name)
        elif name in self.values:
            if name not in one.types:
                type_ = one.type(name)
                for field, field_type in self.values[name].items():
                    type_.fields[field] = DraftField(field_type, directives=[] if one.federation_1 else ["@shareable"])
                    self._know(one, field_type)
        elif name in self.keys and name not in one.types:
            stub = not one.federation_1 and self.chance(0.4)
            self._declare_keys(one, name, [self.pick.choice(self.keys[name])], resolvable=not stub)
            if not stub:
                self.participants[name].append(one)
        elif name in self.unions and name not in one.types:
            members = [member for member in self.unions[name] if self._allowed(one, member)]
            one.type(name, "union").members = [member for member in members if self.chance(0.75)] or members[:1]
            for member in one.type(name).members:
                self._know(one, member)
        elif name in self.interfaces and name not in one.types:
            self._know_interface(one, name)

    def _know_leaf(self, one: DraftSubgraph, name: str) -> None:
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
            self._know_leaf(one, "Mode")

    def _know_interface(self, one: DraftSubgraph, name: str) -> None:
        types, names = self.interfaces[name]
        one.type(name, "interface")
        type_ = self.pick.choice([type_ for type_ in types if self._allowed(one, type_)])
        self._know(one, type_)
        field = self.pick.choice(names)
        if not one.has(type_, field):
            field_type, arguments = self.types[type_, field]
            self._own(one, type_, field, field_type, arguments)

    def _own(self, one: DraftSubgraph, type_name: str, name: str, type_: str, arguments: str) -> None:
        """Make a subgraph resolve a field of an entity."""
        self._know(one, type_name)
        self._know(one, type_)
        for argument in re.findall(r"\b(Mode|Opts|Hue|Date)\b", arguments):
            self._know(one, argument)
        entity = one.type(type_name)
        if type_name in self.keys:
            entity.keys = dict.fromkeys(entity.keys, True)
            if one not in self.participants[type_name]:
                self.participants[type_name].append(one)
        entity.fields[name] = DraftField(type_, arguments)
        self.types.setdefault((type_name, name), (type_, arguments))
        self.owners.setdefault((type_name, name), []).append(one)

    def _own_anywhere(self, type_name: str, name: str, type_: str, arguments: str) -> None:
        possible = [one for one in self.participants[type_name] if self._allowed(one, type_.strip("[]!"))]
        for one in self.pick.sample(possible, min(len(possible), self.pick.choice((1, 1, 1, 1, 2)))):
            self._own(one, type_name, name, type_, arguments)

    def _own_field(self, type_name: str) -> None:
        one = self.pick.choice(self.participants[type_name])
        type_, arguments = self._field_type(one)
        name = self.fresh()
        self._own(one, type_name, name, type_, arguments)
        others = [
            other
            for other in self.participants[type_name]
            if other is not one and self._allowed(other, type_.strip("[]!"))
        ]
        simple = type_.strip("[]!") not in {*self.unions, *self.interfaces} or self.chance(0.3)
        if others and simple and self.chance(0.25):
            other = self.pick.choice(others)
            stricter = f"{type_}!" if self.chance(0.3) and not type_.endswith("!") else type_
            more = arguments[:-1] + ", more: Int)" if arguments and self.chance(0.2) else arguments
            self._own(other, type_name, name, stricter, more)

    def _split_value(self, type_name: str) -> None:
        """A keyless type of which several subgraphs know a part each: reached through its parent only."""
        possible = self.participants[type_name]
        if len(possible) < 2:
            return
        part, name = self.fresh("Par"), self.fresh()
        wrapped = self.pick.choice((part, part, f"{part}!", f"[{part}!]", f"[{part}]"))
        fields = {self.fresh("p"): self._wrapped(self.pick.choice(_LEAVES)) for _ in range(3)}
        chosen = self.pick.sample(possible, self.pick.choice((2, 2, 3)) if len(possible) > 2 else 2)
        for number, one in enumerate(chosen):
            for index, (field, type_) in enumerate(fields.items()):
                if index % len(chosen) == number or self.chance(0.2):
                    shared = [] if one.federation_1 else ["@shareable"]
                    one.type(part).fields[field] = DraftField(type_, directives=shared)
                    self._know(one, type_)
            if part in one.types:
                self._own(one, type_name, name, wrapped, "")
        self.fixed.add((type_name, name))

    # -- types of fields ----------------------------------------------------------------------------------------------

    def _wrapped(self, name: str) -> str:
        forms = ("{}",) * 5 + ("{}!",) * 3 + ("[{}]", "[{}!]", "[{}!]!", "[[{}]]")
        return self.pick.choice(forms).format(name)

    def _field_type(self, one: DraftSubgraph) -> tuple[str, str]:
        composites = [*self.keys, *self.keys, *self.values, *self.interfaces, *self.unions]
        possible = [name for name in composites if name != "Spec" and self._allowed(one, name)]
        name = self.pick.choice(possible) if possible and self.chance(0.55) else self.pick.choice(_LEAVES)
        self._know(one, name)
        wrapped = self._wrapped(name)
        if name in self.unions or name in self.interfaces:
            wrapped = wrapped.rstrip("!")
        arguments = self._arguments() if self.chance(0.3) else ""
        for argument in re.findall(r"\b(Mode|Opts|Hue|Date)\b", arguments):
            self._know(one, argument)
        return wrapped, arguments

    def _arguments(self) -> str:
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

    # -- roots --------------------------------------------------------------------------------------------------------

    def _make_roots(self) -> None:
        for one in self.subgraphs:
            for _ in range(self.pick.choice((1, 1, 2) if one is self.subgraphs[0] else (0, 1, 1, 2))):
                self._root_field(one, "Query")
            if self.chance(0.3):
                for _ in range(self.pick.choice((1, 2))):
                    self._root_field(one, "Mutation")
        for name in self.keys:
            if not any(
                type_.strip("[]!") == name for (parent, _), (type_, _) in self.types.items() if parent == "Query"
            ):
                self._own(self.pick.choice(self.participants[name]), "Query", self.fresh("q"), f"[{name}]", "")
        if self.chance(0.3):
            self._shared_root()

    def _root_field(self, one: DraftSubgraph, root: str) -> None:
        type_, arguments = self._field_type(one)
        self._own(one, root, self.fresh("q" if root == "Query" else "m"), type_, arguments)

    def _shared_root(self) -> None:
        name = self.pick.choice(sorted(self.keys))
        field, wrapped = self.fresh("q"), self.pick.choice((name, f"[{name}]", f"[{name}!]!"))
        root = "Query" if self.chance(0.8) else "Mutation"
        arguments = self._arguments() if self.chance(0.3) else ""
        for one in self.participants[name]:
            self._own(one, root, field, wrapped, arguments)

    # -- what fields do to each other ---------------------------------------------------------------------------------

    def _candidates(self, test: Callable[[str, str, DraftSubgraph], bool]) -> list[tuple[str, str, DraftSubgraph]]:
        """Entity fields with one owner, and a subgraph that has the entity but not the field."""
        return [
            (type_name, name, one)
            for (type_name, name), owners in self.owners.items()
            if type_name in self.keys and len(owners) == 1
            for one in self.participants[type_name]
            if not one.has(type_name, name) and test(type_name, name, one)
        ]

    def _override(self) -> None:
        def test(type_name: str, name: str, one: DraftSubgraph) -> bool:
            return (
                not one.federation_1
                and (type_name, name) not in self.fixed
                and self._allowed(one, self.types[type_name, name][0].strip("[]!"))
            )

        found = self._candidates(test)
        if not found:
            return
        type_name, name, one = self.pick.choice(found)
        type_, arguments = self.types[type_name, name]
        (old,) = self.owners[type_name, name]
        self._own(one, type_name, name, type_, arguments)
        if self.chance(0.15):
            one.type(type_name).fields[name].directives.append('@override(from: "nobody")')
            return
        label = ""
        if one.version >= "2.7" and self.chance(0.3):
            label = f', label: "{self.pick.choice(("on", "off"))}"'
        one.type(type_name).fields[name].directives.append(f'@override(from: "{old.name}"{label})')
        self.owners[type_name, name] = [one]
        self.fixed.add((type_name, name))

    def _external(self, one: DraftSubgraph, type_name: str, name: str) -> None:
        type_, arguments = self.types[type_name, name]
        self._know(one, type_)
        for argument in re.findall(r"\b(Mode|Opts|Hue|Date)\b", arguments):
            self._know(one, argument)
        one.type(type_name).fields[name] = DraftField(type_, arguments, ["@external"])
        self.fixed.add((type_name, name))

    def _usable(self, type_name: str, name: str, one: DraftSubgraph) -> bool:
        type_, arguments = self.types[type_name, name]
        named = type_.strip("[]!")
        known = named in _LEAVES or named in self.values or named in self.keys
        if (named in self.unions or named in self.interfaces) and named not in self.keyed:
            known = False
        return known and self._allowed(one, named) and not named.startswith("Par") and "q:" not in arguments

    def _require(self) -> None:
        found = self._candidates(self._usable)
        if not found:
            return
        type_name, name, one = self.pick.choice(found)
        more = [n for t, n, o in found if t == type_name and o is one and n != name]
        names = [name, *(self.pick.sample(more, 1) if more and self.chance(0.4) else [])]
        fields = " ".join(self._required(one, type_name, each) for each in names)
        directive = f'@requires(fields: "{fields}")'
        new, (type_, arguments) = self.fresh("r"), self._field_type(one)
        self._own(one, type_name, new, type_, arguments)
        one.type(type_name).fields[new].directives.append(directive)

    def _required(self, one: DraftSubgraph, type_name: str, name: str) -> str:
        """Declare a field external and give it as it stands in a field set."""
        self._external(one, type_name, name)
        type_, arguments = self.types[type_name, name]
        literal = self._literal(arguments)
        return f"{name}{literal}{self._below(one, type_.strip('[]!'))}"

    def _below(self, one: DraftSubgraph, named: str) -> str:
        if named in self.values:
            return f" {{ {' '.join(self.pick.sample(sorted(self.values[named]), 1))} }}"
        if named not in self.keys:
            return ""
        own = sorted(one.type(named).keys)[0]
        inner = [
            name
            for (type_name, name), owners in self.owners.items()
            if type_name == named
            and self.types[type_name, name][0].strip("[]!") in _LEAVES
            and one not in owners
            and not one.has(named, name)
            and len(owners) == 1
            and not self.types[type_name, name][1]
        ]
        if inner and self.chance(0.5):
            name = self.pick.choice(inner)
            self._external(one, named, name)
            return f" {{ {name} }}"
        return f" {{ {own} }}"

    def _literal(self, arguments: str) -> str:
        values = {"Int": "3", "String": "'lit'", "Mode": "OFF", "Opts": "{n: 2}", "Boolean": "false", "[String!]": "[]"}
        given = []
        for name, type_ in re.findall(r"(\w): ([\w\[\]!]+)", arguments):
            needed = type_.endswith("!") and f"{name}: {type_} =" not in arguments
            named = type_ if type_ in values else type_.rstrip("!")
            if needed or (self.chance(0.5) and named in ("Int", "Mode", "Boolean")):
                given.append(f"{name}: {values[named]}")
        return f"({', '.join(given)})" if given else ""

    def _provide(self) -> None:
        """A field that returns an entity provides some of its fields, which are someone else's."""
        found = []
        for (parent, name), owners in self.owners.items():
            named = self.types[parent, name][0].strip("[]!")
            for one in owners:
                if named in self.keys and (parent in self.keys or parent == "Query") and one.has(parent, name):
                    inner = [
                        other
                        for (type_name, other), others in self.owners.items()
                        if type_name == named
                        and not one.has(named, other)
                        and one not in others
                        and self._usable(named, other, one)
                        and "!" not in self.types[named, other][1]
                    ]
                    found += [(parent, name, one, named, other) for other in inner]
        if not found:
            return
        parent, name, one, named, other = self.pick.choice(found)
        if (parent, name) in self.fixed or any(
            "@provides" in text for text in one.type(parent).fields[name].directives
        ):
            return
        if self.types[named, other][1]:
            return
        self._external(one, named, other)
        before = {(t, n) for t, type_ in one.types.items() for n in type_.fields}
        below = self._below(one, self.types[named, other][0].strip("[]!"))
        after = {(t, n) for t, type_ in one.types.items() for n in type_.fields}
        self.provided |= {(named, other)} | {each for each in after - before if each in self.owners}
        one.type(parent).fields[name].directives.append(f'@provides(fields: "{other}{below}")')

    def _hide(self) -> None:
        """Make a leaf inaccessible that no interface has."""
        shown = {name for _, names in self.interfaces.values() for name in names}
        found = [
            (coordinate, one)
            for coordinate, owners in self.owners.items()
            if coordinate[0] in self.keys
            and coordinate[1] not in shown
            and self.types[coordinate][0].strip("[]!") in _LEAVES
            for one in owners
            if not one.federation_1 and coordinate not in self.overridden()
        ]
        if found:
            (type_name, name), one = self.pick.choice(found)
            one.type(type_name).fields[name].directives.append("@inaccessible")

    def overridden(self) -> set[tuple[str, str]]:
        return {
            (type_name, name)
            for one in self.subgraphs
            for type_name, type_ in one.types.items()
            for name, field in type_.fields.items()
            if any("@override" in text for text in field.directives)
        }

    # -- the last touches ---------------------------------------------------------------------------------------------

    def _share(self) -> None:
        """Fields that several subgraphs resolve, be it by a provides, are shareable in those of Federation 2."""
        for (type_name, name), owners in self.owners.items():
            if len(owners) > 1 or (type_name, name) in self.provided:
                for one in owners:
                    if not one.federation_1:
                        one.type(type_name).fields[name].directives.append("@shareable")

    def _write_extensions(self) -> None:
        """In Federation 1, entities that have a plain definition elsewhere may be extensions."""
        for one in self.subgraphs:
            for name in self.keys if one.federation_1 else ():
                plain = [other for other in self.subgraphs if other is not one and name in other.types]
                if name in one.types and any(not other.federation_1 for other in plain) and self.chance(0.5):
                    type_ = one.types[name]
                    type_.kind = "extend type"
                    for key in type_.keys:
                        for part in re.sub(r"\{.*?\}", "", key).split():
                            if "@external" not in type_.fields[part].directives:
                                type_.fields[part].directives.append("@external")
