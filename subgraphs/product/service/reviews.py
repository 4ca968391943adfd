"""Reviews: one per customer and product, helpful votes, moderation (S-030, D15).

Rows are locked in the order buyer, review, product; the counters on products and reviews follow by trigger.
"""

from __future__ import annotations

from uuid import UUID

from subgraphs.kernel.identifiers import existing_uuid, uuid_or_none
from subgraphs.kernel.identity import Principal
from subgraphs.kernel.refusals import Forbidden, Invalid, Missing
from subgraphs.product.domain import reviews as rules
from subgraphs.product.domain.reviews import Review, ReviewStatus
from subgraphs.product.repository import purchases, review_writing
from subgraphs.product.tables import DB

MODERATE = "reviews:moderate"


async def create_review(
    principal: Principal, product_id: str, rating: int, title: str | None, comment: str | None
) -> Review:
    """Write a review; ALREADY_REVIEWED when the customer has one of this product."""
    author = _customer(principal)
    text = rules.check_text(rating, title, comment)
    product = existing_uuid(product_id, "product", path=["input", "productId"])
    async with DB.transaction():
        await purchases.lock_buyer(author)
        if not await review_writing.product_is_active(product):
            raise _product_missing()
        review = await review_writing.insert(product, author, text, rules.first_status(text))
        if review is None:
            raise rules.already_reviewed()
    return review


async def update_review(
    principal: Principal, review_id: str, product_id: str, rating: int, title: str | None, comment: str | None
) -> Review:
    """Rewrite one's own review; it stays with its product."""
    author = _customer(principal)
    text = rules.check_text(rating, title, comment)
    async with DB.transaction():
        review = await _locked(review_id)
        rules.check_author(review, author)
        if uuid_or_none(product_id) != review.product_id:
            raise Invalid("A review stays with its product.", code="PRODUCT_MISMATCH", path=["input", "productId"])
        return await review_writing.update(review.id, text, rules.status_after_edit(review.status, text))


async def delete_review(principal: Principal, review_id: str) -> Review:
    """Remove one's own review, or as a moderator anyone's; answers it as it was."""
    actor = principal.required_user()
    async with DB.transaction():
        review = await _locked(review_id)
        rules.check_author(review, actor, moderator=principal.has_scope(MODERATE))
        await review_writing.remove(review.id)
    return review


async def vote_review(principal: Principal, review_id: str, *, helpful: bool) -> Review:
    """Cast one's vote, or take it back; repeating it changes nothing."""
    voter = _customer(principal)
    async with DB.transaction():
        review = await _locked(review_id)
        rules.check_vote(review, voter)
        if helpful:
            await review_writing.add_vote(review.id, voter)
        else:
            await review_writing.remove_vote(review.id, voter)
        return await _locked(review_id)


async def moderate_review(principal: Principal, review_id: str, status: ReviewStatus, reason: str | None) -> Review:
    """Publish, hold back or reject a review."""
    principal.require(None, MODERATE)
    checked = rules.check_reason(reason)
    async with DB.transaction():
        review = await _locked(review_id)
        return await review_writing.set_status(review.id, status, checked)


async def _locked(review_id: str) -> Review:
    known = uuid_or_none(review_id)
    review = await review_writing.locked(known) if known is not None else None
    if review is None:
        raise rules.review_missing()
    return review


def _customer(principal: Principal) -> UUID:
    if principal.kind == "guest":
        raise Forbidden("Reviews and votes need an account.", code="ACCOUNT_REQUIRED")
    return principal.required_user()


def _product_missing() -> Missing:
    return Missing("There is no such product.", path=["input", "productId"])
