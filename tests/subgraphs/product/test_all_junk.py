"""Junk in every argument of every mutation of product, reviews and reservations included: a typed answer, no change."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from tests.fixtures.rooms import RoomClient
from tests.subgraphs.junk import assert_junk_changes_nothing
from tests.subgraphs.product.conftest import Stockroom
from tests.subgraphs.product.test_junk import AS_STAFF

WHO = {"as_user": UUID(int=7)}
MODERATOR = {"as_user": UUID(int=9), "scopes": ["reviews:moderate"]}
SERVICE = {"as_service": "order"}


async def test_junk_is_answered_and_changes_nothing(room: RoomClient, stockroom: Stockroom) -> None:
    category, product = await stockroom.category("Lamps"), await stockroom.product(sku="KNOWN", stock=10_000)
    own, foreign = await stockroom.review(product, UUID(int=7)), str(await stockroom.review(product))
    entry = {
        "sku": "NEW",
        "name": "Lamp",
        "slug": "lamp",
        "description": "d",
        "longDescription": "l",
        "categoryId": str(category),
        "price": "1.00",
        "currency": "USD",
        "images": [{"url": "/a.webp", "altText": "a", "isPrimary": True, "sortOrder": 1}],
        "specifications": [{"key": "k", "value": "v"}],
        "active": True,
    }
    review = {"productId": str(await stockroom.product()), "rating": 4, "title": "t", "comment": "c"}
    examples: dict[str, dict[str, Any]] = {
        "createReview": {"input": review},
        "updateReview": {"id": str(own), "input": {**review, "productId": str(product)}},
        "deleteReview": {"id": foreign},
        "voteReview": {"id": foreign, "helpful": True},
        "moderateReview": {"id": foreign, "status": "PUBLISHED", "reason": "r"},
        "createProduct": {"input": entry},
        "updateProduct": {"id": str(product), "version": 1, "input": entry},
        "archiveProduct": {"id": str(uuid4())},
        "restoreProduct": {"id": str(uuid4())},
        "bulkUpsertProducts": {"input": [entry]},
        "adjustStock": {"productId": str(product), "delta": 1, "reason": "count", "idempotencyKey": "k"},
        "createCategory": {
            "input": {"name": "Beds", "slug": "beds", "parentId": str(category), "description": "d"},
        },
        "moveCategory": {"id": str(category), "parentId": str(uuid4())},
        "reserveStock": {
            "orderId": str(uuid4()),
            "lines": [{"productId": str(product), "quantity": 1}],
            "ttlSeconds": 60,
        },
        "commitReservation": {"orderId": str(uuid4())},
        "releaseReservation": {"orderId": str(uuid4()), "reason": "r"},
    }
    reviews = ("createReview", "updateReview", "deleteReview", "voteReview")
    caller = {"": AS_STAFF, **dict.fromkeys(reviews, WHO), "moderateReview": MODERATOR}
    caller |= dict.fromkeys(("reserveStock", "commitReservation", "releaseReservation"), SERVICE)
    await assert_junk_changes_nothing(room, examples, caller)
