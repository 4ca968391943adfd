"""Entities and value types: who knows them, by which keys, and who resolves their fields."""

from __future__ import annotations

from tests.router.fuzz.supergraphs.abstract import reserve_interface_object
from tests.router.fuzz.supergraphs.draft import DraftField
from tests.router.fuzz.supergraphs.drawing import LEAVES, Drawing

__all__ = ["fill_values", "make_entities", "make_values", "own_field", "split_value"]

_KEYS = (
    ["id"],
    ["id"],
    ["id", "code"],
    ["id", "x y"],
    ["x y"],
    ["spec { serial }"],
    ["id", "spec { serial }"],
    ["code", "id"],
    ["mate { id }"],
    ["id", "mate { id }"],
)
_ENTITIES = ("Ant", "Bee", "Cat", "Dog")
_VALUES = ("Pin", "Rod")


def make_values(draw: Drawing) -> None:
    for name in _VALUES[: draw.pick.choice((0, 1, 2))]:
        draw.values[name] = {draw.fresh("v"): draw.wrapped(draw.pick.choice(LEAVES)) for _ in range(2)}
    draw.hues = ["RED", "BLUE", "GREEN", "GONE"]


def make_entities(draw: Drawing) -> None:
    for name in _ENTITIES[: draw.pick.choice((2, 2, 3, 3, 4))]:
        draw.keys[name] = list(draw.pick.choice(_KEYS))
    for name in ("Kin", "Sib"):
        reserve_interface_object(draw, name)
    for name in draw.keys:
        _choose_mate(draw, name)
        draw.participants[name] = []
    for name, keys in draw.keys.items():
        allowed = [one for one in draw.subgraphs if name not in one.forbidden]
        chosen = [one for one in allowed if draw.chance(0.65)] or [draw.pick.choice(allowed)]
        hub = next((draw.keyed[one] for one, (types, _) in draw.interfaces.items() if name in types), None)
        if hub is not None and hub not in chosen:
            chosen.append(hub)
        for number, one in enumerate(chosen):
            own = keys if number == 0 or one is hub else [key for key in keys if draw.chance(0.7)] or [keys[0]]
            draw.declare_keys(one, name, own, resolvable=True)
            for key in keys:
                if key not in own and not one.federation_1 and draw.chance(0.3):
                    draw.declare_keys(one, name, [key], resolvable=False)
        draw.participants[name] += [one for one in chosen if one not in draw.participants[name]]


def _choose_mate(draw: Drawing, name: str) -> None:
    """The entity that a key goes through: one that every subgraph may know."""
    keys = draw.keys[name]
    if "mate { id }" not in keys:
        return
    known = [other for other, own in draw.keys.items() if other != name and "id" in own]
    possible = [other for other in known if not any(other in one.forbidden for one in draw.subgraphs)]
    if possible:
        draw.mates[name] = draw.pick.choice(possible)
    else:
        draw.keys[name] = [key for key in keys if key != "mate { id }"] or ["id"]


def fill_values(draw: Drawing) -> None:
    """Let value types lead to entities."""
    for name, fields in draw.values.items():
        if name != "Spec" and draw.chance(0.5):
            fields[draw.fresh("v")] = draw.wrapped(draw.pick.choice(sorted(draw.keys)))


def own_field(draw: Drawing, type_name: str) -> None:
    one = draw.pick.choice(draw.participants[type_name])
    type_, arguments = draw.field_type(one)
    name = draw.fresh()
    draw.own(one, type_name, name, type_, arguments)
    others = [
        other for other in draw.participants[type_name] if other is not one and draw.allowed(other, type_.strip("[]!"))
    ]
    simple = type_.strip("[]!") not in {*draw.unions, *draw.interfaces} or draw.chance(0.3)
    if others and simple and draw.chance(0.25):
        other = draw.pick.choice(others)
        stricter = f"{type_}!" if draw.chance(0.3) and not type_.endswith("!") else type_
        more = arguments[:-1] + ", more: Int)" if arguments and draw.chance(0.2) else arguments
        draw.own(other, type_name, name, stricter, more)


def split_value(draw: Drawing, type_name: str) -> None:
    """A keyless type of which several subgraphs know a part each: reached through its parent only."""
    possible = draw.participants[type_name]
    if len(possible) < 2:
        return
    part, name = draw.fresh("Par"), draw.fresh()
    wrapped = draw.pick.choice((part, part, f"{part}!", f"[{part}!]", f"[{part}]"))
    fields = {draw.fresh("p"): draw.wrapped(draw.pick.choice(LEAVES)) for _ in range(3)}
    chosen = draw.pick.sample(possible, draw.pick.choice((2, 2, 3)) if len(possible) > 2 else 2)
    for number, one in enumerate(chosen):
        for index, (field, type_) in enumerate(fields.items()):
            if index % len(chosen) == number or draw.chance(0.2):
                shared = [] if one.federation_1 else ["@shareable"]
                one.type(part).fields[field] = DraftField(type_, directives=shared)
                draw.know(one, type_)
        if part in one.types:
            draw.own(one, type_name, name, wrapped, "")
    draw.fixed.add((type_name, name))
