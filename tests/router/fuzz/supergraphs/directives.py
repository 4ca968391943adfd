"""What is done to fields in the end: some are overridden, hidden or shared, some types are extensions."""

from __future__ import annotations

import re

from tests.router.fuzz.supergraphs.draft import DraftSubgraph
from tests.router.fuzz.supergraphs.drawing import LEAVES, Drawing

__all__ = ["hide", "hide_type", "override", "share", "write_extensions"]


def override(draw: Drawing) -> None:
    def test(type_name: str, name: str, one: DraftSubgraph) -> bool:
        return (
            not one.federation_1
            and (type_name, name) not in draw.fixed
            and draw.allowed(one, draw.types[type_name, name][0].strip("[]!"))
        )

    found = draw.candidates(test)
    if not found:
        return
    type_name, name, one = draw.pick.choice(found)
    type_, arguments = draw.types[type_name, name]
    (old,) = draw.owners[type_name, name]
    draw.own(one, type_name, name, type_, arguments)
    if draw.chance(0.15):
        one.type(type_name).fields[name].directives.append('@override(from: "nobody")')
        return
    label = ""
    if one.version >= "2.7" and draw.chance(0.5):
        label = f', label: "{draw.pick.choice(("on", "off"))}"'
    one.type(type_name).fields[name].directives.append(f'@override(from: "{old.name}"{label})')
    draw.owners[type_name, name] = [one]
    draw.fixed.add((type_name, name))


def hide(draw: Drawing) -> None:
    """Make a leaf inaccessible that no interface has, be it a key's."""
    shown = {name for _, names in draw.interfaces.values() for name in names}
    found = [
        (coordinate, one)
        for coordinate, owners in draw.owners.items()
        if coordinate[0] in draw.keys
        and coordinate[1] not in shown
        and draw.types[coordinate][0].strip("[]!") in LEAVES
        for one in owners
        if not one.federation_1 and coordinate not in draw.overridden()
    ]
    for type_name, keys in draw.keys.items():  # a key that clients do not see, beside one that they do
        if len(keys) > 1 and "code" in keys and draw.chance(0.3):
            knowing = [one for one in draw.subgraphs if one.has(type_name, "code") and not one.federation_1]
            found += [((type_name, "code"), one) for one in knowing]
    if found:
        (type_name, name), one = draw.pick.choice(found)
        one.type(type_name).fields[name].directives.append("@inaccessible")


def hide_type(draw: Drawing) -> None:
    """Make an entity inaccessible that is one of several behind an interface or a union, and every field that can
    return nothing else: its objects show as null where others of the abstract type have a value."""
    abstract = [*draw.unions.values(), *(types for types, _ in draw.interfaces.values())]
    led_to = {type_.strip("[]!") for fields in draw.values.values() for type_ in fields.values()}
    for one in draw.subgraphs:
        objects = [type_ for type_ in one.types.values() if "@interfaceObject" in type_.directives]
        led_to |= {field.type.strip("[]!") for type_ in objects for field in type_.fields.values()}
    found = [
        name
        for name in draw.keys
        if any(name in types and len(types) > 1 for types in abstract)
        and name not in led_to
        and name not in draw.mates.values()
        and not any(name in types for interface, (types, _) in draw.interfaces.items() if interface in draw.keyed)
    ]
    if not found:
        return
    hidden = draw.pick.choice(found)
    fields = [coordinate for coordinate, (type_, _) in draw.types.items() if type_.strip("[]!") == hidden]
    places = {coordinate: _hideable(draw, coordinate) for coordinate in fields}
    knowing = [one for one in draw.subgraphs if hidden in one.types and not one.federation_1]
    if not knowing or not all(places.values()):
        return
    draw.pick.choice(knowing).types[hidden].directives.append("@inaccessible")
    for (type_name, name), possible in places.items():
        draw.pick.choice(possible).type(type_name).fields[name].directives.append("@inaccessible")


def _hideable(draw: Drawing, coordinate: tuple[str, str]) -> list[DraftSubgraph]:
    type_name, name = coordinate
    return [
        one
        for one in draw.subgraphs
        if one.has(type_name, name)
        and not one.federation_1
        and "@external" not in one.type(type_name).fields[name].directives
    ]


def share(draw: Drawing) -> None:
    """Fields that several subgraphs resolve, be it by a provides, are shareable in those of Federation 2."""
    for (type_name, name), owners in draw.owners.items():
        if len(owners) > 1 or (type_name, name) in draw.provided:
            for one in owners:
                if not one.federation_1:
                    one.type(type_name).fields[name].directives.append("@shareable")


def write_extensions(draw: Drawing) -> None:
    """In Federation 1, entities that have a plain definition elsewhere may be extensions."""
    for one in draw.subgraphs:
        for name in draw.keys if one.federation_1 else ():
            plain = [other for other in draw.subgraphs if other is not one and name in other.types]
            if name in one.types and any(not other.federation_1 for other in plain) and draw.chance(0.5):
                type_ = one.types[name]
                type_.kind = "extend type"
                for key in type_.keys:
                    for part in re.sub(r"\{.*?\}", "", key).split():
                        if "@external" not in type_.fields[part].directives:
                            type_.fields[part].directives.append("@external")
