"""Entities that a fetch of a chain does not know are dropped from the next one, and nothing shifts."""

from __future__ import annotations

from typing import Any

from tests.router.executor.subgraphs import Scripted
from tests.router.planner.conftest import AssertPlan, ask

SUBGRAPHS = {
    "shelf": """
        type Query { books: [Book] }
        type Book @key(fields: "shelfmark") { shelfmark: ID! }
    """,
    "catalog": """
        type Book @key(fields: "shelfmark") @key(fields: "isbn { code }") { shelfmark: ID! isbn: Isbn title: String }
        type Isbn { code: String }
    """,
    "press": """
        type Book @key(fields: "isbn { code }") { isbn: Isbn @shareable pages: Int }
        type Isbn { code: String @shareable }
    """,
}
"""``isbn`` may be null, and so may its ``code``."""


def by(name: str, **known: Any) -> Scripted:
    """Answers entities from a table; what it does not know is null."""

    def reply(request: dict[str, Any]) -> dict[str, Any]:
        ((_, sent),) = request["variables"].items()
        values = [item[name] if isinstance(item[name], str) else item[name]["code"] for item in sent]
        return {"data": {"_entities": [known.get(value) for value in values]}}

    return Scripted(reply)


async def test_only_what_is_known_goes_on() -> None:
    shelf = {"data": {"books": [{"shelfmark": mark} for mark in ("a", "b", "c", "d", "e")]}}
    catalog = by(
        "shelfmark",
        a={"title": "A", "isbn": {"code": "1"}},
        b=None,
        c={"title": "C", "isbn": None},
        d={"title": "D", "isbn": {"code": None}},
        e={"title": "E", "isbn": {"code": "5"}},
    )
    press = by("isbn", **{"1": {"pages": 10}, "5": {"pages": 50}})
    response = await ask(SUBGRAPHS, "{ books { shelfmark title pages } }", shelf=shelf, catalog=catalog, press=press)
    assert response.data == {
        "books": [
            {"shelfmark": "a", "title": "A", "pages": 10},
            {"shelfmark": "b", "title": None, "pages": None},
            {"shelfmark": "c", "title": "C", "pages": None},
            {"shelfmark": "d", "title": "D", "pages": None},
            {"shelfmark": "e", "title": "E", "pages": 50},
        ]
    }
    assert response.errors == []
    assert [one["isbn"] for one in press.representations] == [{"code": "1"}, {"code": "5"}]


async def test_nulls_of_the_list_itself() -> None:
    shelf = {"data": {"books": [None, {"shelfmark": "b"}, None, {"shelfmark": "b"}]}}
    catalog = by("shelfmark", b={"isbn": {"code": "2"}})
    press = by("isbn", **{"2": {"pages": 20}})
    response = await ask(SUBGRAPHS, "{ books { pages } }", shelf=shelf, catalog=catalog, press=press)
    assert response.data == {"books": [None, {"pages": 20}, None, {"pages": 20}]}
    assert len(catalog.representations) == len(press.representations) == 1


async def test_nothing_is_asked_for_nobody() -> None:
    shelf = {"data": {"books": [{"shelfmark": "a"}, {"shelfmark": "b"}]}}
    press = by("isbn")
    response = await ask(SUBGRAPHS, "{ books { pages } }", shelf=shelf, catalog=by("shelfmark"), press=press)
    assert response.data == {"books": [{"pages": None}, {"pages": None}]}
    assert press.requests == []


def test_the_plan(assert_plan: AssertPlan) -> None:
    assert_plan(
        SUBGRAPHS,
        "{ books { title pages } }",
        """
        QueryPlan {
          Sequence {
            Fetch(service: "shelf") {
              {
                books {
                  shelfmark
                }
              }
            },
            Flatten(path: "books.@") {
              Fetch(service: "catalog") {
                {
                  ... on Book {
                    __typename
                    shelfmark
                  }
                } =>
                {
                  ... on Book {
                    title
                    isbn {
                      code
                    }
                  }
                }
              },
            },
            Flatten(path: "books.@") {
              Fetch(service: "press") {
                {
                  ... on Book {
                    __typename
                    isbn {
                      code
                    }
                  }
                } =>
                {
                  ... on Book {
                    pages
                  }
                }
              },
            },
          },
        }
        """,
    )
