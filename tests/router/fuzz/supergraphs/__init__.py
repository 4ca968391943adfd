"""Random subgraphs that should compose: types split over them in every way the specification offers.

``subgraphs(seed)`` gives SDL by subgraph name. A ``Drawing`` is filled step by step; ``draft`` prints it. The steps:

- ``entities``: keys, ownership and sharing of entities, and value types
- ``abstract``: interfaces, interface objects, unions
- ``roots``: root fields
- ``external``: requires and provides
- ``contexts``: arguments that take their value from above
- ``directives``: overrides, inaccessible fields and types, shareable fields, extensions
"""

from __future__ import annotations

import random

from tests.router.fuzz.supergraphs.abstract import finish_interfaces, make_abstract
from tests.router.fuzz.supergraphs.contexts import set_context
from tests.router.fuzz.supergraphs.directives import hide, hide_type, override, share, write_extensions
from tests.router.fuzz.supergraphs.drawing import Drawing
from tests.router.fuzz.supergraphs.entities import fill_values, make_entities, make_values, own_field, split_value
from tests.router.fuzz.supergraphs.external import provide, require
from tests.router.fuzz.supergraphs.roots import make_roots

__all__ = ["subgraphs"]


def subgraphs(seed: int) -> dict[str, str]:
    """Subgraphs by name. All steps, in an order in which each finds what it needs."""
    draw = Drawing(random.Random(seed))  # noqa: S311 - a seeded generator of examples
    make_values(draw)
    make_entities(draw)
    fill_values(draw)
    make_abstract(draw)
    for name in draw.keys:
        for _ in range(draw.pick.randint(1, 4)):
            own_field(draw, name)
        if draw.pick.random() < 0.25:
            split_value(draw, name)
    make_roots(draw)
    for _ in range(draw.pick.choice((0, 0, 1, 2))):
        override(draw)
    for _ in range(draw.pick.choice((0, 1, 2, 3))):
        require(draw)
    for _ in range(draw.pick.choice((0, 0, 1, 2))):
        provide(draw)
    if draw.pick.random() < 0.3:
        hide(draw)
    finish_interfaces(draw)
    if draw.chance(0.15):
        hide_type(draw)
    if draw.chance(0.4):
        provide(draw, leaves=True)
    if draw.chance(0.4):
        set_context(draw)
    share(draw)
    write_extensions(draw)
    return {one.name: one.print(draw.pick) for one in draw.subgraphs if one.types}
