"""Contexts: arguments that take their value from an object above."""

from __future__ import annotations

from tests.router.fuzz.supergraphs.draft import DraftSubgraph
from tests.router.fuzz.supergraphs.drawing import Drawing

__all__ = ["set_context"]

_USE = "Use"


def set_context(draw: Drawing) -> None:
    """A new entity that is reached only below entities that set a context, and a field of it that uses it."""
    found = [
        (one, name)
        for name in draw.keys
        for one in draw.participants[name]
        if not one.federation_1 and one.version >= "2.8"
    ]
    if not found:
        return
    one, _ = draw.pick.choice(found)
    names = sorted({name for other, name in found if other is one})
    setters = draw.pick.sample(names, min(len(names), draw.pick.choice((1, 2, 2))))
    fields = {name: _value(draw, one, name) for name in setters}
    draw.keys[_USE] = ["id"]
    draw.participants[_USE] = [one]
    draw.declare_keys(one, _USE, ["id"], resolvable=True)
    for other in draw.subgraphs:
        if other is not one and draw.chance(0.5):
            draw.own(other, _USE, draw.fresh("n"), draw.wrapped("String"), "")
            if draw.chance(0.4):
                draw.own(other, _USE, draw.fresh("u"), draw.wrapped(_USE), "")
    for name in setters:
        one.type(name).directives.append('@context(name: "ctx")')
        for _ in range(draw.pick.choice((1, 1, 2))):
            draw.own(one, name, draw.fresh("u"), draw.wrapped(_USE), "")
    selection = " ".join(f"... on {name} {{ {field} }}" for name, field in fields.items())
    for _ in range(draw.pick.choice((2, 3))):
        more = draw.pick.choice(("", "a: Int, ", "d: Mode, "))
        if "Mode" in more:
            draw.know(one, "Mode")
        arguments = f'({more}from: String @fromContext(field: "$ctx {selection}"))'
        draw.own(one, _USE, draw.fresh("w"), draw.wrapped("String"), arguments)


def _value(draw: Drawing, one: DraftSubgraph, type_name: str) -> str:
    """The field of a setter that gives the value: another subgraph's, or a new one."""
    others = [
        name
        for (parent, name), owners in draw.owners.items()
        if parent == type_name and draw.types[parent, name] in (("String", ""), ("String!", ""))
        if len(owners) == 1 and not one.has(parent, name) and (parent, name) not in draw.overridden()
    ]
    if others and draw.chance(0.6):
        name = draw.pick.choice(others)
        draw.external(one, type_name, name)
        return name
    name = draw.fresh("c")
    draw.own(one, type_name, name, "String", "")
    return name
