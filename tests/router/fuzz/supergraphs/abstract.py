"""Interfaces, interface objects and unions."""

from __future__ import annotations

from tests.router.fuzz.supergraphs.draft import DraftField, DraftSubgraph
from tests.router.fuzz.supergraphs.drawing import LEAVES, Drawing

__all__ = ["finish_interfaces", "make_abstract", "reserve_interface_object"]


def reserve_interface_object(draw: Drawing, name: str) -> None:
    """Decide early which subgraphs have an interface object: they must not know its implementations."""
    new = [one for one in draw.subgraphs if not one.federation_1]
    taken = {type_ for types, _ in draw.interfaces.values() for type_ in types}
    free = sorted(draw.keys.keys() - taken)
    if len(new) < 2 or len(free) < 2 or not draw.chance(0.35):
        return
    types = draw.pick.sample(free, 2)
    for type_ in types:
        draw.keys[type_] = ["id", *[key for key in draw.keys[type_] if key != "id"]]
    hub, *others = draw.pick.sample(new, draw.pick.choice((2, 2, 3)) if len(new) > 2 else 2)
    draw.interfaces[name] = (types, [])
    draw.keyed[name] = hub
    for one in others:
        one.forbidden |= set(types)
        stand = one.type(name)
        stand.keys["id"] = True
        stand.directives.append("@interfaceObject")
        stand.fields["id"] = DraftField("ID!")


def make_abstract(draw: Drawing) -> None:
    for name in draw.keyed:
        _keyed_interface(draw, name)
    for name in draw.keyed:
        _extend_interface(draw, name)
    entities = sorted(draw.keys)
    if draw.chance(0.55):
        types = draw.pick.sample(entities, min(len(entities), draw.pick.choice((2, 2, 3))))
        _interface(draw, "Ish", types)
        if draw.chance(0.4):
            names = draw.interfaces["Ish"][1]
            draw.interfaces["Top"] = (types, draw.pick.sample(names, draw.pick.randint(1, len(names))))
            for name in draw.interfaces["Top"][1]:
                draw.types["Top", name] = draw.types["Ish", name]
    for name in ("Mix", "Nut")[: draw.pick.choice((0, 1, 1, 2))]:
        members = draw.pick.sample(entities, 2) + [one for one in draw.values if one != "Spec" and draw.chance(0.4)]
        draw.unions[name] = members


def _keyed_interface(draw: Drawing, keyed: str) -> None:
    types, names = draw.interfaces[keyed]
    hub = draw.keyed[keyed]
    interface = hub.type(keyed, "interface")
    interface.keys["id"] = True
    interface.fields["id"] = DraftField("ID!")
    for _ in range(draw.pick.randint(1, 2)):
        name, type_ = draw.fresh("k"), draw.pick.choice(LEAVES)
        names.append(name)
        interface.fields[name] = DraftField(type_)
        draw.know(hub, type_)
        for implementation in types:
            hub.type(implementation).implements.add(keyed)
            draw.own(hub, implementation, name, type_, "")


def _extend_interface(draw: Drawing, keyed: str) -> None:
    """Give interface objects fields of their own."""
    for one in draw.subgraphs:
        if one is not draw.keyed[keyed] and keyed in one.types:
            for _ in range(draw.pick.randint(1, 2)):
                name, (type_, arguments) = draw.fresh("o"), draw.field_type(one)
                one.type(keyed).fields[name] = DraftField(type_, arguments)
            if draw.chance(0.4):
                _require_of_interface(draw, one, keyed)


def _require_of_interface(draw: Drawing, one: DraftSubgraph, keyed: str) -> None:
    types, names = draw.interfaces[keyed]
    needed = draw.pick.choice(names)
    type_ = draw.keyed[keyed].type(keyed).fields[needed].type
    draw.know(one, type_)
    stand = one.type(keyed)
    stand.fields[needed] = DraftField(type_, directives=["@external"])
    stand.fields[draw.fresh("o")] = DraftField("String", directives=[f'@requires(fields: "{needed}")'])
    draw.fixed |= {(implementation, needed) for implementation in types}


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
    if "Top" in draw.interfaces:
        _inherit(draw, "Ish", "Top")


def _inherit(draw: Drawing, name: str, above: str) -> None:
    """Let an interface implement another one where everything that is said of both allows it."""
    shown: dict[str, set[str]] = {name: set(), above: set()}
    implementing: dict[str, set[str]] = {name: set(), above: set()}
    for one in draw.subgraphs:
        for type_name, type_ in one.types.items():
            for interface in type_.implements & shown.keys():
                implementing[interface].add(type_name)
            if type_name in shown:
                shown[type_name] |= type_.fields.keys()
    if not shown[above] <= shown[name] or not implementing[name] <= implementing[above]:
        return
    for one in draw.subgraphs:
        if name not in one.types or above not in one.types:
            continue
        inherits = one.types[above].fields.keys() <= one.types[name].fields.keys()
        own = [type_ for type_ in one.types.values() if name in type_.implements]
        if inherits and all(above in type_.implements for type_ in own) and draw.chance(0.8):
            one.types[name].implements.add(above)
