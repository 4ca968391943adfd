"""The data: one graph of objects, of which every value is a function of a seed, and who may tell which value.

Everything follows from the subgraphs' SDL and the seed, so a case can be written down, shrunk and run again. Entities
have four instances each (``Ant#2``), other objects are named by the way that leads to them. A leaf names its object,
its field and its arguments where its type lets it, so a value taken from the wrong object shows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from hashlib import blake2b
from typing import Any, NamedTuple

import orjson

from tests.router.fuzz.sdl import Selection, SubgraphField, SubgraphSchema, read_subgraph

__all__ = ["Impossible", "Obj", "World"]

INSTANCES = 4


class Impossible(Exception):  # noqa: N818 - says that there is no such data, not that something went wrong
    """The subgraphs agree on no object that a non-null field could return."""


class Obj(NamedTuple):
    """An object of the graph: who it is, and its real type."""

    identity: str
    type: str


class Shape(NamedTuple):
    """A field of an object type as all subgraphs together promise it."""

    levels: tuple[bool, ...]
    named: str
    empty: bool
    """Whether no object can be returned: the subgraphs agree on none."""
    targets: tuple[str, ...]
    arguments: tuple[str, ...]
    """Those that every subgraph knows and clients may give."""
    requires: tuple[Selection, ...]
    inherits: tuple[tuple[str, frozenset[str], tuple[Selection, ...]], ...]
    """Arguments that take their value from above, the types that set it there, and what is read of them."""
    values: tuple[str, ...]
    """Of an enum: the values known wherever the field is."""


class World:
    """The data behind all subgraphs."""

    def __init__(self, sdls: Mapping[str, str], seed: int) -> None:
        self.subgraphs = {name: read_subgraph(name, sdl) for name, sdl in sorted(sdls.items())}
        self._seed = seed
        self._shapes: dict[tuple[str, str], Shape] = {}
        self._values: dict[tuple[str, str, str], Any] = {}
        self._implementations: dict[str, frozenset[str]] = {}

    def check(self) -> None:
        """Raises ``Impossible`` when some field has no data."""
        for subgraph in self.subgraphs.values():
            for type_ in subgraph.types.values():
                for name in type_.fields if type_.kind == "object" and not type_.interface_object else ():
                    self.shape(type_.name, name)

    # -- types ------------------------------------------------------------------------------------------------------

    def implementations(self, interface: str) -> frozenset[str]:
        """The object types that implement an interface in some subgraph."""
        known = self._implementations.get(interface)
        if known is None:
            known = self._implementations[interface] = frozenset(
                type_.name
                for subgraph in self.subgraphs.values()
                for type_ in subgraph.types.values()
                if type_.kind == "object" and interface in type_.implements
            )
        return known

    def possible(self, name: str) -> frozenset[str]:
        """The object types a type name stands for, over all subgraphs."""
        return frozenset().union(*(self.options(subgraph, name) for subgraph in self.subgraphs.values()))

    def options(self, subgraph: SubgraphSchema, name: str) -> frozenset[str]:
        """The object types that one subgraph can return where it says ``name``."""
        type_ = subgraph.types.get(name)
        if type_ is None:
            return frozenset()
        if type_.interface_object:
            return self.implementations(name)
        if type_.kind == "union":
            return frozenset().union(*(self.options(subgraph, member) for member in type_.members))
        if type_.kind == "interface":
            own = [one for one in subgraph.types.values() if name in one.implements and one.kind == "object"]
            return frozenset().union(*(self.options(subgraph, one.name) for one in own))
        return frozenset((name,))

    @cached_property
    def entities(self) -> frozenset[str]:
        """Object types with a key somewhere."""
        found = set()
        for subgraph in self.subgraphs.values():
            for type_ in subgraph.types.values():
                if type_.keys and type_.kind == "object":
                    found |= self.options(subgraph, type_.name)
        return frozenset(found)

    @cached_property
    def _key_fields(self) -> dict[tuple[str, str], int | None]:
        """Fields in keys of a type; with a number those that need others beside them, else they are unique alone."""
        found: dict[tuple[str, str], int | None] = {}
        for subgraph in self.subgraphs.values():
            for type_ in subgraph.types.values():
                owners = sorted(self.options(subgraph, type_.name)) if type_.kind == "object" else ()
                for selections, _ in type_.keys:
                    for number, selection in enumerate(sorted(selections, key=lambda one: one.name)):
                        alone = len(selections) == 1 or bool(selection.selections)
                        for owner in owners:
                            known = found.get((owner, selection.name), number)
                            found[owner, selection.name] = None if alone or known is None else number
        return found

    @cached_property
    def has_contexts(self) -> bool:
        """Whether values may come from above: when such a value is lost, another one than the true one is right."""
        return any(type_.contexts for subgraph in self.subgraphs.values() for type_ in subgraph.types.values())

    def declarations(self, type_name: str, field: str) -> Iterator[tuple[SubgraphSchema, SubgraphField]]:
        """Where a field of an object type is declared: on the type, or on an interface object standing for it."""
        for subgraph in self.subgraphs.values():
            for type_ in subgraph.types.values():
                stands = type_.name == type_name or (
                    type_.interface_object and type_name in self.implementations(type_.name)
                )
                if stands and field in type_.fields:
                    yield subgraph, type_.fields[field]

    def shape(self, type_name: str, field: str) -> Shape:
        """What is known of a field; raises ``Impossible`` when it is non-null and there is nothing to return."""
        known = self._shapes.get((type_name, field))
        if known is None:
            known = self._shapes[type_name, field] = self._shape(type_name, field)
        return known

    def _shape(self, type_name: str, field: str) -> Shape:
        declared = list(self.declarations(type_name, field))
        levels = tuple(all(nullable) for nullable in zip(*(one.levels for _, one in declared), strict=True))
        named = declared[0][1].named
        composite = any(
            one.named in subgraph.types and subgraph.types[one.named].kind in ("object", "interface", "union")
            for subgraph, one in declared
        )
        targets: tuple[str, ...] = ()
        if composite:
            options = [self.options(subgraph, one.named) for subgraph, one in declared]
            targets = tuple(sorted(frozenset.intersection(*options)))
            if not targets and not any(levels):
                raise Impossible(f"{type_name}.{field}")
        hidden = frozenset().union(*(one.hidden_arguments for _, one in declared))
        shown = frozenset.intersection(*(one.arguments for _, one in declared)) - hidden
        requires = next((one.requires for _, one in declared if one.requires), ())
        enums = [set(subgraph.types[one.named].values) for subgraph, one in declared if one.named in subgraph.types]
        values = tuple(sorted(set.intersection(*enums))) if enums and not composite else ()
        inherits = [
            (
                argument,
                frozenset().union(
                    *(self.options(subgraph, one.name) for one in subgraph.types.values() if context in one.contexts)
                ),
                selections,
            )
            for subgraph, one in declared
            for argument, (context, selections) in one.contexts.items()
        ]
        return Shape(
            levels, named, composite and not targets, targets, tuple(sorted(shown)), requires, tuple(inherits), values
        )

    # -- values -----------------------------------------------------------------------------------------------------

    def value(self, owner: Obj, field: str, arguments: Mapping[str, Any], moment: int | None = None) -> Any:
        """The true value: ``None``, a leaf, an ``Obj`` or lists of these. ``moment`` tells mutations apart."""
        shape = self.shape(owner.type, field)
        said = self._said(shape, arguments)
        if moment is not None:
            said += f"@{moment}"
        key = (owner.identity, field, said)
        if key not in self._values:
            if shape.requires:
                said += "~" + self._hash(orjson.dumps(self.required(owner, shape.requires)).decode())[:6]
            self._values[key] = self._make(owner, field, said, shape, 0, "")
        return self._values[key]

    def inherited(self, owner: Obj, field: str, above: list[Obj]) -> dict[str, Any]:
        """The arguments of a field that take their value from ``above``: the objects around the owner, and itself,
        outermost first. The nearest one that sets it counts."""
        found: dict[str, Any] = {}
        for argument, setters, selections in self.shape(owner.type, field).inherits:
            value: Any = next(one for one in reversed(above) if one.type in setters)
            read = self.required(value, selections)
            while isinstance(read, dict):
                read = next(iter(read.values()))
            found[argument] = read
        return found

    def _said(self, shape: Shape, arguments: Mapping[str, Any]) -> str:
        said = {name: arguments[name] for name in shape.arguments if name in arguments}
        return f"({orjson.dumps(said, option=orjson.OPT_SORT_KEYS).decode()[1:-1]})" if said else ""

    def _make(self, owner: Obj, field: str, said: str, shape: Shape, level: int, place: str) -> Any:
        if shape.empty:
            return None if shape.levels[level] else []
        where = f"{owner.identity}.{field}{said}{place}"
        number = int(self._hash(where), 16)
        key = (owner.type, field) in self._key_fields and owner.identity == _entity_of(owner.identity)
        if not key and shape.levels[level] and number % 8 == 0:
            return None
        if level < len(shape.levels) - 1:
            length = (number >> 8) % 4
            return [self._make(owner, field, said, shape, level + 1, f"{place}[{index}]") for index in range(length)]
        if key and shape.named not in ("Int",) and not shape.targets:
            return self._key_value(owner, field, where)
        if key and not shape.targets:
            return self._key_number(owner, field)
        if shape.targets:
            return self._object(owner, number, shape, where, key=key)
        return self._leaf(number, shape, where)

    def _object(self, owner: Obj, number: int, shape: Shape, where: str, *, key: bool) -> Any:
        type_ = shape.targets[(number >> 16) % len(shape.targets)]
        if type_ not in self.entities:
            return Obj(where, type_)
        index = int(owner.identity[-1]) if key else (number >> 32) % INSTANCES
        return Obj(f"{type_}#{index}", type_)

    def _leaf(self, number: int, shape: Shape, where: str) -> Any:
        if shape.values:
            return shape.values[number % len(shape.values)]
        match shape.named:
            case "Int":
                return number % 1000
            case "Float":
                return number % 1000 / 4
            case "Boolean":
                return bool(number & 16)
        return where

    def _key_number(self, owner: Obj, field: str) -> int:
        index, bit = int(owner.identity[-1]), self._key_fields[owner.type, field]
        return index if bit is None else index >> bit & 1

    def _key_value(self, owner: Obj, field: str, where: str) -> str:
        bit = self._key_fields[owner.type, field]
        return where if bit is None else f"{owner.type}.{field}:{int(owner.identity[-1]) >> bit & 1}"

    def _hash(self, text: str) -> str:
        return blake2b(f"{self._seed} {text}".encode(), digest_size=8).hexdigest()

    # -- what representations carry ----------------------------------------------------------------------------------

    def required(self, owner: Obj, selections: tuple[Selection, ...]) -> dict[str, Any]:
        """The true values of a field set, as a representation would carry them."""
        return {
            one.name: self._carried(self.value(owner, one.name, self._literal(owner.type, one)), one.selections)
            for one in selections
            if all(owner.type in self.possible(type_) for type_ in one.types)
        }

    def needed(self, owner: Obj) -> set[str]:
        """The objects whose values some representation of an object may carry: its own, and those inside of it."""
        found: set[str] = set()
        for subgraph in self.subgraphs.values():
            for type_ in subgraph.types.values():
                if type_.name == owner.type or (
                    type_.interface_object and owner.type in self.implementations(type_.name)
                ):
                    for selections in (
                        *(key for key, _ in type_.keys),
                        *(one.requires for one in type_.fields.values()),
                    ):
                        self._visit(owner, selections, found)
        return found

    def _visit(self, owner: Obj, selections: tuple[Selection, ...], found: set[str]) -> None:
        found.add(owner.identity)
        for one in selections:
            if all(owner.type in self.possible(type_) for type_ in one.types):
                values = [self.value(owner, one.name, self._literal(owner.type, one))]
                while values:
                    value = values.pop()
                    if isinstance(value, list):
                        values += value
                    elif isinstance(value, Obj):
                        self._visit(value, one.selections, found)

    def _literal(self, type_name: str, selection: Selection) -> dict[str, Any]:
        subgraph, stands_for = self._declaring(type_name, selection.name)
        return subgraph.coerced(stands_for, selection.node)

    def _declaring(self, type_name: str, field: str) -> tuple[SubgraphSchema, str]:
        """A subgraph that declares a field, and the name of the type there."""
        for subgraph in self.subgraphs.values():
            for type_ in subgraph.types.values():
                stands = type_.interface_object and type_name in self.implementations(type_.name)
                if field in type_.fields and (type_.name == type_name or stands):
                    return subgraph, type_.name
        raise KeyError(f"{type_name}.{field}")

    def _carried(self, value: Any, selections: tuple[Selection, ...]) -> Any:
        if isinstance(value, list):
            return [self._carried(item, selections) for item in value]
        return self.required(value, selections) if isinstance(value, Obj) else value

    def carries(self, sent: Any, true: Any) -> bool:
        """Whether a part of a representation holds all true values; it may hold more."""
        if isinstance(true, dict):
            return isinstance(sent, dict) and all(
                name in sent and self.carries(sent[name], value) for name, value in true.items()
            )
        if isinstance(true, list):
            return (
                isinstance(sent, list)
                and len(sent) == len(true)
                and all(self.carries(one, other) for one, other in zip(sent, true, strict=True))
            )
        return type(sent) is type(true) and bool(sent == true)

    def find(self, type_names: frozenset[str], key: tuple[Selection, ...], sent: Mapping[str, Any]) -> Obj | None:
        """The entity whose key has the values of a representation."""
        for name in sorted(type_names):
            for index in range(INSTANCES):
                candidate = Obj(f"{name}#{index}", name)
                if self.carries(sent, self.required(candidate, key)):
                    return candidate
        return None


def _entity_of(identity: str) -> str:
    return identity if identity[-2:-1] == "#" else ""
