"""Root fields: what clients start from. Every entity is reached by one at least."""

from __future__ import annotations

from tests.router.fuzz.supergraphs.draft import DraftSubgraph
from tests.router.fuzz.supergraphs.drawing import Drawing

__all__ = ["make_roots"]


def make_roots(draw: Drawing) -> None:
    for one in draw.subgraphs:
        for _ in range(draw.pick.choice((1, 1, 2) if one is draw.subgraphs[0] else (0, 1, 1, 2))):
            _root_field(draw, one, "Query")
        if draw.chance(0.3):
            for _ in range(draw.pick.choice((1, 2))):
                _root_field(draw, one, "Mutation")
        if draw.chance(0.15):
            _root_field(draw, one, "Subscription")
    for name in draw.keys:
        if not any(type_.strip("[]!") == name for (parent, _), (type_, _) in draw.types.items() if parent == "Query"):
            draw.own(draw.pick.choice(draw.participants[name]), "Query", draw.fresh("q"), f"[{name}]", "")
    if draw.chance(0.3):
        _shared_root(draw)


def _root_field(draw: Drawing, one: DraftSubgraph, root: str) -> None:
    type_, arguments = draw.field_type(one)
    draw.own(one, root, draw.fresh(root[0].lower()), type_, arguments)


def _shared_root(draw: Drawing) -> None:
    name = draw.pick.choice(sorted(draw.keys))
    field, wrapped = draw.fresh("q"), draw.pick.choice((name, f"[{name}]", f"[{name}!]!"))
    root = "Query" if draw.chance(0.8) else "Mutation"
    arguments = draw.arguments() if draw.chance(0.3) else ""
    for one in draw.participants[name]:
        draw.own(one, root, field, wrapped, arguments)
