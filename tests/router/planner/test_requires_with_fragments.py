"""Requirements through fragments carry types; one that is inaccessible takes part, and is null for clients."""

from __future__ import annotations

from typing import Any

import pytest

from tests.router.executor.subgraphs import Scripted
from tests.router.planner.conftest import AssertPlan, ask

_BOX = '"cover { url ... on Sized { width ... on Photo { lens { ... on Zoom { max } } } } ... on Draft { secret } }"'

SUBGRAPHS = {
    "posts": """
        type Query { post: Post }
        type Post @key(fields: "id") { id: ID! title: String }
    """,
    "media": """
        type Post @key(fields: "id") { id: ID! cover: Cover }
        interface Cover { url: String! }
        interface Sized implements Cover { url: String! width: Int }
        type Photo implements Sized & Cover { url: String! width: Int lens: Lens }
        type Draft implements Sized & Cover @inaccessible { url: String! width: Int secret: String }
        type Clip implements Cover { url: String! seconds: Int }
        interface Lens { mm: Int }
        type Zoom implements Lens { mm: Int max: Int }
        type Prime implements Lens { mm: Int }
    """,
    "layout": """
        type Post @key(fields: "id") {
          id: ID!
          cover: Cover @external
          box: String @requires(fields: """
    + _BOX
    + """)
        }
        interface Cover { url: String! }
        interface Sized implements Cover { url: String! width: Int }
        type Photo implements Sized & Cover { url: String! @external width: Int @external lens: Lens @external }
        type Draft implements Sized & Cover @inaccessible {
          url: String! @external
          width: Int @external
          secret: String @external
        }
        type Clip implements Cover { url: String! @external }
        interface Lens { mm: Int }
        type Zoom implements Lens { mm: Int @external max: Int @external }
        type Prime implements Lens { mm: Int @external }
    """,
}


def test_it_is_carried(assert_plan: AssertPlan) -> None:
    assert_plan(
        SUBGRAPHS,
        "{ post { title box } }",
        """
        QueryPlan {
          Sequence {
            Fetch(service: "posts") {
              {
                post {
                  title
                  id
                }
              }
            },
            Flatten(path: "post") {
              Fetch(service: "media") {
                {
                  ... on Post {
                    __typename
                    id
                  }
                } =>
                {
                  ... on Post {
                    cover {
                      __typename
                      url
                      ... on Draft {
                        width
                        secret
                      }
                      ... on Photo {
                        width
                        lens {
                          __typename
                          ... on Zoom {
                            max
                          }
                        }
                      }
                    }
                  }
                }
              },
            },
            Flatten(path: "post") {
              Fetch(service: "layout") {
                {
                  ... on Post {
                    __typename
                    id
                    cover {
                      ... on Clip {
                        __typename
                        url
                      }
                      ... on Draft {
                        __typename
                        url
                        width
                        secret
                      }
                      ... on Photo {
                        __typename
                        url
                        width
                        lens {
                          ... on Prime {
                            __typename
                          }
                          ... on Zoom {
                            __typename
                            max
                          }
                        }
                      }
                    }
                  }
                } =>
                {
                  ... on Post {
                    box
                  }
                }
              },
            },
          },
        }
        """,
    )


def test_beside_the_clients_own(assert_plan: AssertPlan) -> None:
    assert_plan(
        SUBGRAPHS,
        "{ post { box cover { __typename url ... on Photo { width } } } }",
        """
        QueryPlan {
          Sequence {
            Fetch(service: "posts") {
              {
                post {
                  id
                }
              }
            },
            Flatten(path: "post") {
              Fetch(service: "media") {
                {
                  ... on Post {
                    __typename
                    id
                  }
                } =>
                {
                  ... on Post {
                    cover {
                      __typename
                      url
                      ... on Draft {
                        width
                        secret
                      }
                      ... on Photo {
                        width
                        lens {
                          __typename
                          ... on Zoom {
                            max
                          }
                        }
                      }
                    }
                  }
                }
              },
            },
            Flatten(path: "post") {
              Fetch(service: "layout") {
                {
                  ... on Post {
                    __typename
                    id
                    cover {
                      ... on Clip {
                        __typename
                        url
                      }
                      ... on Draft {
                        __typename
                        url
                        width
                        secret
                      }
                      ... on Photo {
                        __typename
                        url
                        width
                        lens {
                          ... on Prime {
                            __typename
                          }
                          ... on Zoom {
                            __typename
                            max
                          }
                        }
                      }
                    }
                  }
                } =>
                {
                  ... on Post {
                    box
                  }
                }
              },
            },
          },
        }
        """,
    )


@pytest.mark.parametrize(
    ("cover", "shown"),
    [
        ({"__typename": "Clip", "url": "c"}, {"__typename": "Clip", "url": "c"}),
        (
            {"__typename": "Photo", "url": "p", "width": 3, "lens": {"__typename": "Zoom", "max": 70}},
            {"__typename": "Photo", "url": "p", "width": 3},
        ),
        (
            {"__typename": "Photo", "url": "p", "width": 3, "lens": {"__typename": "Prime"}},
            {"__typename": "Photo", "url": "p", "width": 3},
        ),
        ({"__typename": "Draft", "url": "d", "width": 4, "secret": "s"}, None),
    ],
)
async def test_what_is_carried_and_what_is_shown(cover: dict[str, Any], shown: dict[str, Any] | None) -> None:
    layout = Scripted({"data": {"_entities": [{"box": "3 by 4"}]}})
    response = await ask(
        SUBGRAPHS,
        "{ post { box cover { __typename url ... on Photo { width } } } }",
        posts={"data": {"post": {"id": "1"}}},
        media={"data": {"_entities": [{"cover": cover}]}},
        layout=layout,
    )
    assert layout.representations == [{"__typename": "Post", "id": "1", "cover": cover}]
    assert response.data == {"post": {"box": "3 by 4", "cover": shown}}
    assert "Draft" not in str(response.errors)
