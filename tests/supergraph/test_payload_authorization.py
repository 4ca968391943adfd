"""What the payload of a mutation shows: to who may do something to an object, only what they may read of it (§7.9).

The payloads are read from the API schema, all entities in them and those one step further. What the rules of the rooms
say of a field holds there as well as in a query.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
from graphql import (
    GraphQLNonNull,
    GraphQLObjectType,
    get_named_type,
    is_leaf_type,
)

from subgraphs.kernel.settings import ROOMS
from tests.authorization.asking import DENIALS
from tests.authorization.rules import NOT_PROBED, Caller, allows, rules_of
from tests.authorization.specimens import ARGUMENTS
from tests.supergraph.conftest import Client, Shop
from tests.supergraph.deeds import DEEDS, OWN, Scene
from tests.supergraph.test_authorization import api

_DEPTH = 2
"""Entities that stand in one another: the payload's, and what it refers to."""


def _rules() -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for room in ROOMS:
        for coordinate, rule in rules_of(room).items():
            if rule not in NOT_PROBED:
                found.setdefault(coordinate, set()).add(rule)
    return found


RULES = _rules()
"""Those of each coordinate over all rooms; two only of ids, which every room knows that refers to them."""


_MINE = {"Order.notifications", "Product.myReview"}
"""What answers the caller's own, whosever the object is."""


@dataclass(frozen=True, slots=True)
class Place:
    """A field in the payload, under the fields that it stands in."""

    fields: tuple[str, ...]
    leaf: bool
    coordinate: str
    nullable: bool

    @property
    def path(self) -> tuple[str, ...]:
        return tuple(each.partition("(")[0] for each in self.fields)

    @property
    def text(self) -> str:
        inner = self.fields[-1] if self.leaf else f"{self.fields[-1]} {{ __typename }}"
        return " { ".join((*self.fields[:-1], inner)) + " }" * (len(self.fields) - 1)


def _places(type_: Any, above: tuple[str, ...], depth: int) -> Iterator[Place]:
    """Every field with a rule in an object and in the entities that it refers to."""
    for name, field in type_.fields.items() if isinstance(type_, GraphQLObjectType) else ():
        coordinate, inner = f"{type_.name}.{name}", get_named_type(field.type)
        fields = (*above, f"{name}{ARGUMENTS.get(coordinate, '')}")
        below = depth if coordinate not in RULES else depth - 1
        if coordinate in RULES:
            yield Place(fields, is_leaf_type(inner), coordinate, not isinstance(field.type, GraphQLNonNull))
        if below and not inner.name.endswith("Connection"):
            yield from _places(inner, fields, below)


def _payload(mutation: str) -> GraphQLObjectType:
    payload = get_named_type(api().type_map["Mutation"].fields[mutation].type)  # type: ignore[attr-defined]
    assert isinstance(payload, GraphQLObjectType)
    return payload


def _private(mutation: str) -> bool:
    """Whether the payload holds something that not everybody may read."""
    return any(RULES[place.coordinate] != {"public"} for place in _places(_payload(mutation), (), _DEPTH))


def test_every_payload_with_something_private_is_looked_at() -> None:
    mutations = api().type_map["Mutation"].fields  # type: ignore[attr-defined]
    assert {name for name in mutations if _private(name)} == {*DEEDS, *OWN}
    assert not DEEDS.keys() & OWN


@pytest.fixture(scope="module")
def scene(shop: Shop) -> Scene:
    return Scene(shop)


@pytest.mark.parametrize("shop", ["processes"], indirect=True)
def test_a_payload_shows_what_a_query_would(scene: Scene) -> None:
    wrong, seen = [], {"told": 0, "withheld": 0}
    for mutation, deed in DEEDS.items():
        client, caller = scene.staff(deed.role), deed.caller
        places = list(_places(_payload(mutation), (), _DEPTH))
        asked = [place for place in places if place.nullable or _allowed(place, places, caller)]
        answer = _do(client, mutation, deed.variables(scene), asked)
        assert not answer["data"]["result"]["errors"], (mutation, answer)
        for place in asked:
            allowed = _allowed(place, places, caller)
            denials = _denials(answer, place)
            values = list(_at(answer["data"]["result"], place.path))
            seen["told" if allowed else "withheld"] += bool(values)
            if (allowed and denials and None in values) or (
                not allowed and any(value not in (None, []) for value in values)
            ):
                wrong.append((mutation, caller.name, place.path, values, denials))
        for place in [each for each in places if each not in asked] if deed.repeatable else ():
            answer = _do(client, mutation, deed.variables(scene), [place])
            if any(value not in (None, []) for value in _at(answer["data"]["result"], place.path)):
                wrong.append((mutation, caller.name, place.path, answer))
            seen["withheld"] += 1
    assert wrong == []
    assert all(seen.values()), seen


def _allowed(place: Place, places: list[Place], caller: Caller) -> bool:
    """Whether the caller may read the field and all that it stands in: another's, but the caller's below ``_MINE``."""
    for each in places:
        if place.path[: len(each.path)] == each.path:
            if not any(allows(rule, caller) for rule in RULES[each.coordinate]):
                return False
            if each.coordinate in _MINE:
                caller = replace(caller, name="owner")
    return True


def _do(client: Client, mutation: str, variables: Any, asked: list[Place]) -> dict[str, Any]:
    arguments = api().type_map["Mutation"].fields[mutation].args  # type: ignore[attr-defined]
    declared = ", ".join(f"${key}: {arguments[key].type}" for key in variables)
    given = ", ".join(f"{key}: ${key}" for key in variables)
    inner = " ".join(each.text for each in asked)
    return client.send(
        f"mutation({declared}) {{ result: {mutation}({given}) {{ errors {{ code }} {inner} }} }}", variables
    )


def _denials(answer: dict[str, Any], place: Place) -> list[dict[str, Any]]:
    """The refusals that are told of the place."""
    found = [each for each in answer.get("errors", ()) if each["extensions"].get("code") in DENIALS]
    return [each for each in found if tuple(key for key in each["path"][1:] if isinstance(key, str)) == place.path]


def _at(value: Any, path: tuple[str, ...]) -> Iterator[Any]:
    """What stands at the path, in every item of the lists on the way; nothing where something above is null."""
    if isinstance(value, list):
        for each in value:
            yield from _at(each, path)
    elif not path:
        yield value
    elif value is not None:
        yield from _at(value[path[0]], path[1:])
