"""Reviews: what may be written, who sees it, and what editing does to its state."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from subgraphs.kernel.refusals import Conflict, Forbidden, Invalid, Missing, Refusal, Refusals

MAX_TITLE = 255
MAX_COMMENT = 5000
MAX_REASON = 1000

_LINK = re.compile(r"https?://|www\.", re.IGNORECASE)


class ReviewStatus(StrEnum):
    """State of a review; the values are those of the column's CHECK."""

    PUBLISHED = "published"
    PENDING = "pending"
    REJECTED = "rejected"


class ReviewSort(StrEnum):
    """Orders of a product's reviews."""

    HELPFUL = "HELPFUL"
    NEWEST = "NEWEST"
    HIGHEST = "HIGHEST"
    LOWEST = "LOWEST"


@dataclass(slots=True)
class Review:
    """One live review; the fields stand in the order of the repository's columns."""

    id: UUID
    product_id: UUID
    user_id: UUID
    rating: int
    title: str | None
    comment: str | None
    verified_purchase: bool
    helpful_count: int
    status: str
    created_at: dt.datetime
    updated_at: dt.datetime


@dataclass(frozen=True, slots=True)
class ReviewText:
    """What its author writes; made by :func:`check_text` only."""

    rating: int
    title: str | None
    comment: str | None


def check_text(rating: int, title: str | None, comment: str | None) -> ReviewText:
    """Trimmed text; raises Refusals with one Invalid per bad field."""
    refusals: list[Refusal] = []
    if not 1 <= rating <= 5:
        refusals.append(Invalid("A rating is one to five stars.", code="RATING_OUT_OF_RANGE", path=["input", "rating"]))
    text = {"title": (title, MAX_TITLE), "comment": (comment, MAX_COMMENT)}
    for name, (value, limit) in text.items():
        if value is not None and len(value) > limit:
            refusals.append(
                Invalid(f"A {name} has at most {limit} characters.", code="TEXT_TOO_LONG", path=["input", name])
            )
        elif value is not None and "\x00" in value:
            refusals.append(
                Invalid(f"The {name} has a character that is not text.", code="TEXT_INVALID", path=["input", name])
            )
    if refusals:
        raise Refusals(refusals)
    return ReviewText(rating, _trimmed(title), _trimmed(comment))


def check_reason(reason: str | None) -> str | None:
    """A moderator's reason; raises Invalid ``TEXT_TOO_LONG`` or ``TEXT_INVALID``."""
    if reason is not None and len(reason) > MAX_REASON:
        raise Invalid(f"A reason has at most {MAX_REASON} characters.", code="TEXT_TOO_LONG", path=["reason"])
    if reason is not None and "\x00" in reason:
        raise Invalid("The reason has a character that is not text.", code="TEXT_INVALID", path=["reason"])
    return _trimmed(reason)


def first_status(text: ReviewText) -> ReviewStatus:
    """Reviews are published at once, except those with links: a moderator looks at them first."""
    linked = _LINK.search(f"{text.title or ''} {text.comment or ''}")
    return ReviewStatus.PENDING if linked else ReviewStatus.PUBLISHED


def status_after_edit(before: str, text: ReviewText) -> ReviewStatus:
    """What a moderator has rejected or not yet seen stays hidden until a moderator has looked."""
    return first_status(text) if before == ReviewStatus.PUBLISHED else ReviewStatus.PENDING


def visible(review: Review, viewer: UUID | None, *, moderator: bool) -> bool:
    """Everyone sees published reviews; the others are seen by their author and by moderators."""
    return review.status == ReviewStatus.PUBLISHED or moderator or review.user_id == viewer


def check_author(review: Review, viewer: UUID, *, moderator: bool = False) -> None:
    """Raise unless the review is the viewer's (or a moderator may act on it too)."""
    if review.user_id == viewer or moderator:
        return
    if review.status != ReviewStatus.PUBLISHED:
        raise review_missing()
    raise Forbidden("Only its author may change a review.", path=["id"])


def check_vote(review: Review, voter: UUID) -> None:
    """Raise for a review that the voter cannot see or wrote."""
    if review.user_id == voter:
        raise Forbidden("Authors do not vote for their own reviews.", code="OWN_REVIEW", path=["id"])
    if review.status != ReviewStatus.PUBLISHED:
        raise review_missing()


def review_missing() -> Missing:
    return Missing("There is no such review.", path=["id"])


def already_reviewed() -> Conflict:
    return Conflict("You have reviewed this product already.", code="ALREADY_REVIEWED", path=["input", "productId"])


def _trimmed(text: str | None) -> str | None:
    return (text or "").strip() or None
