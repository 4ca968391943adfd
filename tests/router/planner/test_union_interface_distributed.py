"""A condition on an interface inside a union means the supergraph's types, and is sent as those the subgraph knows."""

from __future__ import annotations

from tests.router.executor.subgraphs import Scripted
from tests.router.planner.conftest import AssertPlan, ask

SUBGRAPHS = {
    "feed": """
        type Query { feed: [Entry] cards: [Named] }
        union Entry = Song | Film | Card
        interface Named { title: String }
        type Song implements Named @key(fields: "id") { id: ID! title: String }
        type Film @key(fields: "id") { id: ID! title: String @shareable }
        type Card implements Named @key(fields: "id") { id: ID! title: String @shareable }
    """,
    "films": """
        type Query { films: [Named] }
        interface Named { title: String }
        interface Rated implements Named { title: String stars: Int }
        type Film implements Named & Rated @key(fields: "id") { id: ID! title: String @shareable stars: Int }
        type Card implements Named & Rated @key(fields: "id") { id: ID! title: String @shareable stars: Int }
    """,
}


def test_as_types_that_are_known(assert_plan: AssertPlan) -> None:
    assert_plan(
        SUBGRAPHS,
        "{ feed { ... on Named { title ... on Rated { stars } } } }",
        """
        QueryPlan {
          Sequence {
            Fetch(service: "feed") {
              {
                feed {
                  __typename
                  ... on Card {
                    title
                    id
                  }
                  ... on Film {
                    title
                    id
                  }
                  ... on Song {
                    title
                  }
                }
              }
            },
            Flatten(path: "feed.@") {
              Fetch(service: "films") {
                {
                  ... on Card | Film {
                    __typename
                    id
                  }
                } =>
                {
                  ... on Card {
                    stars
                  }
                  ... on Film {
                    stars
                  }
                }
              },
            },
          },
        }
        """,
    )


def test_nested_in_named_fragments(assert_plan: AssertPlan) -> None:
    assert_plan(
        SUBGRAPHS,
        "{ films { ...n } } fragment n on Named { title ...r } fragment r on Rated { stars }",
        """
        QueryPlan {
          Fetch(service: "films") {
            {
              films {
                __typename
                title
                ... on Card {
                  stars
                }
                ... on Film {
                  stars
                }
              }
            }
          },
        }
        """,
    )


INLINE_IN_NAMED = """
{ cards { ...n } }
fragment n on Named { ... on Film { id } ... on Rated { ...r } title ... @include(if: true) { ... on Song { id } } }
fragment r on Rated { ... on Card { id stars } ... on Named { also: title } }
"""


def test_inline_in_named_fragments_on_an_interface(assert_plan: AssertPlan) -> None:
    assert_plan(
        SUBGRAPHS,
        INLINE_IN_NAMED,
        """
        QueryPlan {
          Sequence {
            Fetch(service: "feed") {
              {
                cards {
                  __typename
                  title
                  ... on Card {
                    id
                    also: title
                  }
                  ... on Song {
                    id
                  }
                }
              }
            },
            Flatten(path: "cards.@") {
              Fetch(service: "films") {
                {
                  ... on Card {
                    __typename
                    id
                  }
                } =>
                {
                  ... on Card {
                    stars
                  }
                }
              },
            },
          },
        }
        """,
    )


async def test_inline_in_named_fragments_are_answered() -> None:
    feed = {
        "cards": [
            {"__typename": "Song", "title": "s", "id": "1"},
            {"__typename": "Card", "title": "c", "id": "2", "also": "c"},
        ]
    }
    films = Scripted({"data": {"_entities": [{"stars": 4}]}})
    response = await ask(SUBGRAPHS, INLINE_IN_NAMED, feed={"data": feed}, films=films)
    assert response.errors == []
    assert response.data == {"cards": [{"title": "s", "id": "1"}, {"id": "2", "stars": 4, "also": "c", "title": "c"}]}
    assert list(films.requests[0]["variables"].values()) == [[{"__typename": "Card", "id": "2"}]]


def test_types_that_cannot_be_returned_are_left_out(assert_plan: AssertPlan) -> None:
    assert_plan(
        SUBGRAPHS,
        "{ cards { ... on Rated { title stars } ... on Film { id } } }",
        """
        QueryPlan {
          Sequence {
            Fetch(service: "feed") {
              {
                cards {
                  __typename
                  ... on Card {
                    title
                    id
                  }
                }
              }
            },
            Flatten(path: "cards.@") {
              Fetch(service: "films") {
                {
                  ... on Card {
                    __typename
                    id
                  }
                } =>
                {
                  ... on Card {
                    stars
                  }
                }
              },
            },
          },
        }
        """,
    )
