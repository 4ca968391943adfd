"""Fields of others that a subgraph mentions: to require them, or to provide them."""

from __future__ import annotations

import re
from functools import partial

from tests.router.fuzz.supergraphs.draft import DraftSubgraph
from tests.router.fuzz.supergraphs.drawing import LEAVES, Drawing

__all__ = ["provide", "require"]


def require(draw: Drawing) -> None:
    found = draw.candidates(partial(_usable, draw))
    if not found:
        return
    type_name, name, one = draw.pick.choice(found)
    more = [n for t, n, o in found if t == type_name and o is one and n != name]
    names = [name, *(draw.pick.sample(more, 1) if more and draw.chance(0.4) else [])]
    fields = " ".join(_required(draw, one, type_name, each) for each in names)
    directive = f'@requires(fields: "{fields}")'
    new, (type_, arguments) = draw.fresh("r"), draw.field_type(one)
    draw.own(one, type_name, new, type_, arguments)
    one.type(type_name).fields[new].directives.append(directive)


def _required(draw: Drawing, one: DraftSubgraph, type_name: str, name: str) -> str:
    """Declare a field external and give it as it stands in a field set."""
    draw.external(one, type_name, name)
    type_, arguments = draw.types[type_name, name]
    literal = _literal(draw, arguments)
    return f"{name}{literal}{_below(draw, one, type_.strip('[]!'))}"


def _usable(draw: Drawing, type_name: str, name: str, one: DraftSubgraph) -> bool:
    type_, arguments = draw.types[type_name, name]
    named = type_.strip("[]!")
    known = named in LEAVES or named in draw.values or named in draw.keys or named in draw.unions
    return known and draw.allowed(one, named) and not named.startswith("Par") and "q:" not in arguments


def _below(draw: Drawing, one: DraftSubgraph, named: str) -> str:
    if named in draw.values:
        leaves = sorted(name for name, type_ in draw.values[named].items() if type_.strip("[]!") in LEAVES)
        return f" {{ {draw.pick.choice(leaves)} }}"
    if named in draw.unions:
        return f" {{ {' '.join(f'... on {one_}{_below(draw, one, one_)}' for one_ in one.types[named].members)} }}"
    if named not in draw.keys:
        return ""
    own = sorted(one.type(named).keys)[0]
    inner = [
        name
        for (type_name, name), owners in draw.owners.items()
        if type_name == named
        and draw.types[type_name, name][0].strip("[]!") in LEAVES
        and one not in owners
        and not one.has(named, name)
        and len(owners) == 1
        and not draw.types[type_name, name][1]
    ]
    if inner and draw.chance(0.5):
        name = draw.pick.choice(inner)
        draw.external(one, named, name)
        return f" {{ {name} }}"
    return f" {{ {own} }}"


def _literal(draw: Drawing, arguments: str) -> str:
    values = {"Int": "3", "String": "'lit'", "Mode": "OFF", "Opts": "{n: 2}", "Boolean": "false", "[String!]": "[]"}
    given = []
    for name, type_ in re.findall(r"(\w): ([\w\[\]!]+)", arguments):
        needed = type_.endswith("!") and f"{name}: {type_} =" not in arguments
        named = type_ if type_ in values else type_.rstrip("!")
        if needed or (draw.chance(0.5) and named in ("Int", "Mode", "Boolean")):
            given.append(f"{name}: {values[named]}")
    return f"({', '.join(given)})" if given else ""


def provide(draw: Drawing, *, leaves: bool = False) -> None:
    """A field that returns entities provides some of their fields, which are someone else's.

    With ``leaves`` no type becomes known that was not.
    """
    found = [
        (parent, name, one, member, other)
        for (parent, name), owners in draw.owners.items()
        if parent in draw.keys or parent == "Query"
        for one in owners
        if one.has(parent, name)
        for member in _members(draw, one, draw.types[parent, name][0].strip("[]!"))
        for (type_name, other), others in draw.owners.items()
        if type_name == member and one not in others and not one.has(member, other)
        if _usable(draw, member, other, one) and not draw.types[member, other][1]
        if not leaves or draw.types[member, other][0].strip("[]!") in ("Int", "String", "Boolean", "Float", "ID")
    ]
    if not found:
        return
    parent, name, one, member, other = draw.pick.choice(found)
    if (parent, name) in draw.fixed or any("@provides" in text for text in one.type(parent).fields[name].directives):
        return
    draw.external(one, member, other)
    before = {(t, n) for t, type_ in one.types.items() for n in type_.fields}
    fields = f"{other}{_below(draw, one, draw.types[member, other][0].strip('[]!'))}"
    after = {(t, n) for t, type_ in one.types.items() for n in type_.fields}
    draw.provided |= {(member, other)} | {each for each in after - before if each in draw.owners}
    if member != draw.types[parent, name][0].strip("[]!"):
        fields = f"... on {member} {{ {fields} }}"
    one.type(parent).fields[name].directives.append(f'@provides(fields: "{fields}")')


def _members(draw: Drawing, one: DraftSubgraph, named: str) -> list[str]:
    """The entities that a field of a type can return in a subgraph."""
    if named in draw.unions:
        return [member for member in one.types[named].members if member in draw.keys]
    if named in draw.interfaces and named not in draw.keyed:
        return [
            type_ for type_ in draw.interfaces[named][0] if type_ in one.types and named in one.types[type_].implements
        ]
    return [named] if named in draw.keys else []
