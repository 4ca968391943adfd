"""Fields of an interface object whose key does not resolve are read where the path starts there, and only there."""

from __future__ import annotations

import pytest

from router.planner import UnsatisfiableError
from tests.router.executor.subgraphs import Scripted
from tests.router.planner.conftest import AssertPlan, MakePlan, ask

SUBGRAPHS = {
    "animals": """
        type Query { animal: Animal }
        interface Animal @key(fields: "id") { id: ID! name: String }
        type Cat implements Animal @key(fields: "id") { id: ID! name: String lives: Int }
        type Dog implements Animal @key(fields: "id") { id: ID! name: String tricks: Int }
    """,
    "shelter": """
        type Query { guests: [Animal] }
        type Animal @key(fields: "id", resolvable: false) @interfaceObject { id: ID! }
    """,
}

GHOSTS = {
    "castle": """
        type Query { ghost: Ghost }
        interface Ghost @key(fields: "id") { id: ID! }
    """,
    "cellar": """
        type Query { ghosts: [Ghost] }
        type Ghost @key(fields: "id", resolvable: false) @interfaceObject { id: ID! chill: Int }
    """,
}
"""An interface that nobody implements."""


def test_the_path_starts_there(assert_plan: AssertPlan) -> None:
    assert_plan(
        SUBGRAPHS,
        "{ guests { id } }",
        """
        QueryPlan {
          Fetch(service: "shelter") {
            {
              guests {
                id
              }
            }
          },
        }
        """,
    )


def test_types_are_the_owners(assert_plan: AssertPlan) -> None:
    assert_plan(
        SUBGRAPHS,
        "{ guests { __typename name ... on Cat { lives } } }",
        """
        QueryPlan {
          Sequence {
            Fetch(service: "shelter") {
              {
                guests {
                  id
                }
              }
            },
            Flatten(path: "guests.@") {
              Fetch(service: "animals") {
                {
                  ... on Animal {
                    __typename
                    id
                  }
                } =>
                {
                  __typename
                  ... on Animal {
                    name
                  }
                  ... on Cat {
                    lives
                  }
                }
              },
            },
          },
        }
        """,
    )


async def test_the_owner_tells_the_type_and_a_claimed_one_is_ignored() -> None:
    shelter = {"data": {"guests": [{"__typename": "Dog", "id": "1"}, {"__typename": "Animal", "id": "2"}]}}
    found = [{"__typename": "Cat", "name": "Tom", "lives": 9}, {"__typename": "Dog", "name": "Rex"}]
    animals = Scripted({"data": {"_entities": found}})
    operation = "{ guests { __typename name ... on Cat { lives } } }"
    response = await ask(SUBGRAPHS, operation, shelter=shelter, animals=animals)
    assert response.data == {"guests": found}
    assert animals.representations == [{"__typename": "Animal", "id": "1"}, {"__typename": "Animal", "id": "2"}]


def test_an_interface_that_nobody_implements(assert_plan: AssertPlan) -> None:
    assert_plan(
        GHOSTS,
        "{ ghosts { id chill } ghost { id } }",
        """
        QueryPlan {
          Parallel {
            Fetch(service: "cellar") {
              {
                ghosts {
                  id
                  chill
                }
              }
            },
            Fetch(service: "castle") {
              {
                ghost {
                  __typename
                  id
                }
              }
            },
          },
        }
        """,
    )


def test_what_nobody_resolves_is_an_error(make_plan: MakePlan) -> None:
    with pytest.raises(UnsatisfiableError, match=r"at ghost resolves Ghost\.chill"):
        make_plan(GHOSTS, "{ ghost { chill } }")


async def test_a_wrong_type_is_the_subgraphs_error() -> None:
    refusal = {"message": 'Ghost was resolved to "Cat", which does not implement it.', "path": ["ghost"]}
    castle = {"data": {"ghost": None}, "errors": [refusal]}
    cellar = {"data": {"ghosts": [{"id": "1", "chill": 4}]}}
    response = await ask(GHOSTS, "{ ghost { id } ghosts { chill } }", castle=castle, cellar=cellar)
    assert response.data == {"ghost": None, "ghosts": [{"chill": 4}]}
    (error,) = response.errors
    assert (error["message"], error["path"]) == (refusal["message"], ["ghost"])
