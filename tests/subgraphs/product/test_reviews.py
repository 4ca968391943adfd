"""Reviews: rules, who sees what, counters that equal a recount, deliveries that verify (S-030, D15)."""

from __future__ import annotations

import asyncio
import random
from typing import Any
from uuid import UUID, uuid4

from subgraphs.kernel.consumer import apply_once
from subgraphs.kernel.events import Event
from subgraphs.product.events import on_order_delivered
from subgraphs.product.tables import DB
from tests.fixtures.rooms import RoomClient

_RESULT = "{ review { id rating title comment status helpfulCount verifiedPurchase votedByMe product { id } } %s }"
RESULT = _RESULT % "errors { __typename code path }"
CREATE = f"mutation($input: ReviewInput!) {{ result: createReview(input: $input) {RESULT} }}"
UPDATE = f"mutation($id: ID!, $input: ReviewInput!) {{ result: updateReview(id: $id, input: $input) {RESULT} }}"
DELETE = f"mutation($id: ID!) {{ result: deleteReview(id: $id) {RESULT} }}"
VOTE = f"mutation($id: ID!, $helpful: Boolean!) {{ result: voteReview(id: $id, helpful: $helpful) {RESULT} }}"
MODERATE = f"mutation($id: ID!, $status: ReviewStatus!) {{ result: moderateReview(id: $id, status: $status) {RESULT} }}"

RECOUNT = """
SELECT p.id FROM products p LEFT JOIN product_reviews r
    ON r.product_id = p.id AND r.status = 'published' AND r.deleted_at IS NULL
GROUP BY p.id
HAVING p.rating_count <> count(r.id) OR p.rating_sum <> coalesce(sum(r.rating), 0)
UNION ALL
SELECT r.id FROM product_reviews r LEFT JOIN review_votes v ON v.review_id = r.id
GROUP BY r.id HAVING r.helpful_count <> count(v.user_id)
"""


async def change(room: RoomClient, operation: str, user: UUID, scopes: list[str] | None = None, **values: Any) -> Any:
    """The review after a change, or the codes of the errors."""
    result = (await room.query(operation, values, as_user=user, scopes=scopes or []))["result"]
    codes = [error["code"] for error in result["errors"]]
    assert (result["review"] is None) == bool(codes)
    return codes or result["review"]


def text(product: UUID, rating: int = 4, **values: Any) -> dict[str, Any]:
    return {"productId": str(product), "rating": rating, **values}


async def test_the_life_of_a_review(room: RoomClient, stockroom) -> None:
    product, author, reader = await stockroom.product(), uuid4(), uuid4()
    review = await change(room, CREATE, author, input=text(product, 5, title="  Good ", comment=" "))
    assert review["title"] == "Good"
    assert review["comment"] is None
    assert review["status"] == "PUBLISHED"
    assert review["product"] == {"id": str(product)}
    assert review["verifiedPurchase"] is False
    assert await change(room, CREATE, author, input=text(product)) == ["ALREADY_REVIEWED"]

    rewritten = await change(room, UPDATE, author, id=review["id"], input=text(product, 2))
    assert rewritten["rating"] == 2
    assert rewritten["title"] is None
    assert await change(room, UPDATE, reader, id=review["id"], input=text(product)) == ["FORBIDDEN"]
    other = await stockroom.product()
    assert await change(room, UPDATE, author, id=review["id"], input=text(other)) == ["PRODUCT_MISMATCH"]

    for _ in range(2):
        voted = await change(room, VOTE, reader, id=review["id"], helpful=True)
        assert voted["helpfulCount"] == 1
        assert voted["votedByMe"] is True
    for _ in range(2):
        assert (await change(room, VOTE, reader, id=review["id"], helpful=False))["helpfulCount"] == 0
    assert await change(room, VOTE, author, id=review["id"], helpful=True) == ["OWN_REVIEW"]

    assert await change(room, DELETE, reader, id=review["id"]) == ["FORBIDDEN"]
    assert (await change(room, DELETE, author, id=review["id"]))["id"] == review["id"]
    assert await change(room, DELETE, author, id=review["id"]) == ["NOT_FOUND"]
    again = await change(room, CREATE, author, input=text(product))
    assert again["id"] != review["id"]
    assert await DB.fetch(RECOUNT) == []


_JUNK: list[tuple[dict[str, Any], str, list[str]]] = [
    ({"rating": 0}, "RATING_OUT_OF_RANGE", ["input", "rating"]),
    ({"rating": 6}, "RATING_OUT_OF_RANGE", ["input", "rating"]),
    ({"title": "x" * 256}, "TEXT_TOO_LONG", ["input", "title"]),
    ({"comment": "x" * 1_000_000}, "TEXT_TOO_LONG", ["input", "comment"]),
    ({"comment": "a\x00b"}, "TEXT_INVALID", ["input", "comment"]),
    ({"productId": "nonsense"}, "NOT_FOUND", ["input", "productId"]),
    ({"productId": str(UUID(int=1))}, "NOT_FOUND", ["input", "productId"]),
]


async def test_junk_is_refused(room: RoomClient, stockroom) -> None:
    product = await stockroom.product()
    for values, code, path in _JUNK:
        data = await room.query(CREATE, {"input": {**text(product), **values}}, as_user=uuid4())
        assert [(error["code"], error["path"]) for error in data["result"]["errors"]] == [(code, path)]
    assert await DB.fetch_value("SELECT count(*) FROM product_reviews") == 0


async def test_who_may_write(room: RoomClient, stockroom) -> None:
    product, hidden = await stockroom.product(), await stockroom.product(active=False)
    anonymous = await room.send(CREATE, {"input": text(product)})
    assert anonymous["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    guest = await room.query(CREATE, {"input": text(product)}, as_guest=uuid4())
    assert guest["result"]["errors"][0]["code"] == "ACCOUNT_REQUIRED"
    assert await change(room, CREATE, uuid4(), input=text(hidden)) == ["NOT_FOUND"]
    review = await stockroom.review(product)
    refused = await room.send(MODERATE, {"id": str(review), "status": "REJECTED"}, as_user=uuid4())
    assert refused["errors"][0]["extensions"]["code"] == "FORBIDDEN"


async def test_moderation(room: RoomClient, stockroom) -> None:
    product, author, moderator = await stockroom.product(), uuid4(), uuid4()
    review = await change(room, CREATE, author, input=text(product, comment="see www.spam.example"))
    assert review["status"] == "PENDING"
    queue = "{ reviewsToModerate { totalCount edges { node { id status } } } }"
    data = await room.query(queue, scopes=["reviews:moderate"])
    assert data["reviewsToModerate"] == {
        "totalCount": 1,
        "edges": [{"node": {"id": review["id"], "status": "PENDING"}}],
    }
    see = "query($id: ID!) { review(id: $id) { status } }"
    assert (await room.query(see, {"id": review["id"]}))["review"] is None
    assert (await room.query(see, {"id": review["id"]}, as_user=uuid4()))["review"] is None
    assert (await room.query(see, {"id": review["id"]}, as_user=author))["review"] == {"status": "PENDING"}
    reference = {"__typename": "Review", "id": review["id"]}
    assert await room.entities("... on Review { status }", reference) == [None]
    assert await change(room, VOTE, uuid4(), id=review["id"], helpful=True) == ["NOT_FOUND"]
    assert await change(room, UPDATE, uuid4(), id=review["id"], input=text(product)) == ["NOT_FOUND"]

    scopes = ["reviews:moderate"]
    assert (await change(room, MODERATE, moderator, scopes, id=review["id"], status="PUBLISHED"))[
        "status"
    ] == "PUBLISHED"
    assert await DB.fetch_value("SELECT rating_count FROM products WHERE id = $1", product) == 1
    assert (await change(room, MODERATE, moderator, scopes, id=review["id"], status="REJECTED"))["status"] == "REJECTED"
    assert await DB.fetch_value("SELECT rating_count FROM products WHERE id = $1", product) == 0
    edited = await change(room, UPDATE, author, id=review["id"], input=text(product, comment="polite now"))
    assert edited["status"] == "PENDING"  # a rejected review does not publish itself
    assert (await change(room, DELETE, moderator, scopes, id=review["id"]))["id"] == review["id"]
    assert await DB.fetch(RECOUNT) == []


async def test_a_users_reviews_show_the_published_ones_to_others(room: RoomClient, stockroom) -> None:
    author = uuid4()
    await stockroom.review(await stockroom.product(), author)
    await stockroom.review(await stockroom.product(active=False), author, status="pending")
    selection = "... on User { reviews { totalCount edges { node { status product { active } } } } }"
    reference = {"__typename": "User", "id": str(author)}
    for caller, count in (({}, 1), ({"as_user": uuid4()}, 1), ({"as_user": author}, 2)):
        (user,) = await room.entities(selection, reference, **caller)
        assert user is not None
        assert user["reviews"]["totalCount"] == len(user["reviews"]["edges"]) == count
    to_review = "query($r: [_Any!]!) { _entities(representations: $r) { ... on User { productsToReview { id } } } }"
    refused = await room.send(to_review, {"r": [reference]}, as_user=uuid4())
    assert refused["errors"][0]["extensions"]["code"] == "FORBIDDEN"


async def test_parallel_creates_leave_one_review(room: RoomClient, stockroom) -> None:
    product, author = await stockroom.product(), uuid4()
    results = await asyncio.gather(*(change(room, CREATE, author, input=text(product)) for _ in range(8)))
    assert results.count(["ALREADY_REVIEWED"]) == 7
    assert await DB.fetch_value("SELECT rating_count FROM products WHERE id = $1", product) == 1


async def test_counters_equal_a_recount_after_random_parallel_changes(room: RoomClient, stockroom) -> None:
    dice = random.Random(3)  # noqa: S311
    products = [await stockroom.product() for _ in range(3)]
    users = [uuid4() for _ in range(6)]

    async def act() -> None:
        user, product = dice.choice(users), dice.choice(products)
        rows = await DB.fetch("SELECT id, user_id, product_id FROM product_reviews WHERE deleted_at IS NULL")
        row = dice.choice(rows) if rows else None
        what = dice.randrange(6)
        if what == 0 or row is None:
            await change(room, CREATE, user, input=text(product, dice.randrange(1, 6)))
        elif what == 1:
            given = text(row["product_id"], dice.randrange(1, 6))
            await change(room, UPDATE, row["user_id"], id=str(row["id"]), input=given)
        elif what == 2:
            await change(room, DELETE, row["user_id"], id=str(row["id"]))
        elif what == 3:
            status = dice.choice(["PUBLISHED", "PENDING", "REJECTED"])
            await change(room, MODERATE, user, ["reviews:moderate"], id=str(row["id"]), status=status)
        else:
            await change(room, VOTE, user, id=str(row["id"]), helpful=dice.random() < 0.7)

    for _ in range(12):
        await asyncio.gather(*(act() for _ in range(8)))
    assert await DB.fetch_value("SELECT count(*) FROM product_reviews") > 5
    assert await DB.fetch(RECOUNT) == []


async def test_counters_follow_plain_sql(room: RoomClient, stockroom) -> None:
    products = [await stockroom.product() for _ in range(3)]
    for product in products:
        for rating in (1, 5):
            review = await stockroom.review(product, rating=rating)
            await DB.execute("INSERT INTO review_votes (review_id, user_id) VALUES ($1, $2)", review, uuid4())
    await DB.execute("UPDATE product_reviews SET rating = 3, product_id = $1 WHERE rating = 5", products[0])
    assert await DB.fetch(RECOUNT) == []
    await DB.execute("DELETE FROM product_reviews WHERE rating = 3")
    assert await DB.fetch(RECOUNT) == []
    await DB.execute("DELETE FROM products WHERE id = $1", products[1])
    await DB.execute("DELETE FROM review_votes")
    assert await DB.fetch(RECOUNT) == []
    assert await DB.fetch_value("SELECT sum(rating_count) FROM products") == 2


async def test_a_delivery_verifies_reviews_and_asks_for_new_ones(room: RoomClient, stockroom) -> None:
    buyer, before, after = uuid4(), await stockroom.product(), await stockroom.product()
    early = await stockroom.review(before, buyer)
    stranger = await stockroom.review(before)
    payload = {
        "order_id": str(uuid4()),
        "user_id": str(buyer),
        "items": [{"product_id": str(each)} for each in (before, after, uuid4())],
    }
    event = Event("order.delivered", f"order:{payload['order_id']}", payload)
    applied = [await apply_once(room.room, "product", event, on_order_delivered) for _ in range(3)]
    assert applied == [True, False, False]
    assert await DB.fetch_value("SELECT verified_purchase FROM product_reviews WHERE id = $1", early) is True
    assert await DB.fetch_value("SELECT verified_purchase FROM product_reviews WHERE id = $1", stranger) is False

    selection = "... on User { productsToReview { id } }"
    reference = {"__typename": "User", "id": str(buyer)}
    assert await room.entities(selection, reference, as_user=buyer) == [{"productsToReview": [{"id": str(after)}]}]
    review = await change(room, CREATE, buyer, input=text(after))
    assert review["verifiedPurchase"] is True
    assert await room.entities(selection, reference, as_user=buyer) == [{"productsToReview": []}]
