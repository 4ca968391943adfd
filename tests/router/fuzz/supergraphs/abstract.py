"""Interfaces, interface objects and unions."""

from __future__ import annotations

from tests.router.fuzz.supergraphs.draft import DraftField, DraftSubgraph
from tests.router.fuzz.supergraphs.drawing import LEAVES, Drawing

__all__ = ["finish_interfaces", "make_abstract", "reserve_interface_object"]


def reserve_interface_object(draw: Drawing) -> None:
    """Decide early which subgraphs have an interface object: they must not know its implementations."""
    new = [one for one in draw.subgraphs if not one.federation_1]
    if len(new) < 2 or not draw.chance(0.35):
        return
    types = draw.pick.sample(sorted(draw.keys), 2)
    for name in types:
        draw.keys[name] = ["id", *[key for key in draw.keys[name] if key != "id"]]
    hub, *others = draw.pick.sample(new, draw.pick.choice((2, 2, 3)) if len(new) > 2 else 2)
    draw.interfaces["Kin"] = (types, [])
    draw.keyed["Kin"] = hub
    for one in others:
        one.forbidden |= set(types)
        stand = one.type("Kin")
        stand.keys["id"] = True
        stand.directives.append("@interfaceObject")
        stand.fields["id"] = DraftField("ID!")


def make_abstract(draw: Drawing) -> None:
    if "Kin" in draw.interfaces:
        _keyed_interface(draw)
    entities = sorted(draw.keys)
    if draw.chance(0.55):
        types = draw.pick.sample(entities, min(len(entities), draw.pick.choice((2, 2, 3))))
        _interface(draw, "Ish", types)
    for name in ("Mix", "Nut")[: draw.pick.choice((0, 1, 1, 2))]:
        members = draw.pick.sample(entities, 2) + [one for one in draw.values if one != "Spec" and draw.chance(0.4)]
        draw.unions[name] = members


def _keyed_interface(draw: Drawing) -> None:
    types, names = draw.interfaces["Kin"]
    hub = draw.keyed["Kin"]
    interface = hub.type("Kin", "interface")
    interface.keys["id"] = True
    interface.fields["id"] = DraftField("ID!")
    for _ in range(draw.pick.randint(1, 2)):
        name, type_ = draw.fresh("k"), draw.pick.choice(LEAVES)
        names.append(name)
        interface.fields[name] = DraftField(type_)
        draw.know(hub, type_)
        for implementation in types:
            hub.type(implementation).implements.add("Kin")
            draw.own(hub, implementation, name, type_, "")
    for one in draw.subgraphs:
        if one is not hub and "Kin" in one.types:
            for _ in range(draw.pick.randint(1, 2)):
                name, (type_, arguments) = draw.fresh("o"), draw.field_type(one)
                one.type("Kin").fields[name] = DraftField(type_, arguments)
            if draw.chance(0.4):
                _require_of_interface(draw, one, names)


def _require_of_interface(draw: Drawing, one: DraftSubgraph, names: list[str]) -> None:
    needed = draw.pick.choice(names)
    type_ = draw.keyed["Kin"].type("Kin").fields[needed].type
    draw.know(one, type_)
    stand = one.type("Kin")
    stand.fields[needed] = DraftField(type_, directives=["@external"])
    stand.fields[draw.fresh("o")] = DraftField("String", directives=[f'@requires(fields: "{needed}")'])
    draw.fixed |= {(implementation, needed) for implementation in draw.interfaces["Kin"][0]}


def _interface(draw: Drawing, name: str, types: list[str]) -> None:
    names = []
    for _ in range(draw.pick.randint(1, 2)):
        field, type_ = draw.fresh("i"), draw.wrapped(draw.pick.choice(LEAVES))
        names.append(field)
        draw.types[name, field] = (type_, "")
        for implementation in types:
            stricter = f"{type_}!" if draw.chance(0.3) and not type_.endswith("!") else type_
            draw.own_anywhere(implementation, field, stricter, "")
    draw.interfaces[name] = (types, names)


def finish_interfaces(draw: Drawing) -> None:
    """Which implementations and fields each subgraph's interface has, now that it is known who declares what."""
    for name, (types, names) in draw.interfaces.items():
        for one in draw.subgraphs:
            interface = one.types.get(name)
            if interface is None or interface.kind != "interface" or name in draw.keyed:
                continue
            known = [type_ for type_ in types if type_ in one.types]
            useful = [field for field in names if any(one.has(type_, field) for type_ in known)]
            anchor = draw.pick.choice(useful)
            known = [type_ for type_ in known if one.has(type_, anchor)]
            for field in useful:
                if all(one.has(type_, field) for type_ in known):
                    interface.fields[field] = DraftField(draw.types[name, field][0])
            for type_ in known:
                one.types[type_].implements.add(name)
