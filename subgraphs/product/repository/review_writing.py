"""Writing reviews and votes; the counters of products and reviews follow by trigger. Only inside transactions."""

from __future__ import annotations

from uuid import UUID

from subgraphs.product.domain.reviews import Review, ReviewStatus, ReviewText
from subgraphs.product.repository.reviews import COLUMNS
from subgraphs.product.tables import DB


async def product_is_active(product_id: UUID) -> bool:
    return bool(await DB.fetch_value("SELECT p.is_active FROM products p WHERE p.id = $1", product_id))


async def insert(product_id: UUID, author: UUID, text: ReviewText, status: ReviewStatus) -> Review | None:
    """The new review, a verified purchase if the projection says so; None when the author has a live one already."""
    row = await DB.fetch_row(
        f"""
        INSERT INTO product_reviews AS r (product_id, user_id, rating, title, comment, status, verified_purchase)
        VALUES ($1, $2, $3, $4, $5, $6,
            EXISTS (SELECT 1 FROM purchases b WHERE b.user_id = $2 AND b.product_id = $1))
        ON CONFLICT (product_id, user_id) WHERE deleted_at IS NULL DO NOTHING
        RETURNING {COLUMNS}
        """,
        product_id,
        author,
        text.rating,
        text.title,
        text.comment,
        status,
    )
    return Review(*row) if row is not None else None


async def locked(review_id: UUID) -> Review | None:
    """The live review, its row locked until the transaction ends."""
    row = await DB.fetch_row(
        f"SELECT {COLUMNS} FROM product_reviews r WHERE r.id = $1 AND r.deleted_at IS NULL FOR NO KEY UPDATE",
        review_id,
    )
    return Review(*row) if row is not None else None


async def update(review_id: UUID, text: ReviewText, status: ReviewStatus) -> Review:
    row = await DB.fetch_row(
        f"""
        UPDATE product_reviews AS r SET rating = $2, title = $3, comment = $4, status = $5
        WHERE r.id = $1 RETURNING {COLUMNS}
        """,
        review_id,
        text.rating,
        text.title,
        text.comment,
        status,
    )
    return Review(*row)


async def set_status(review_id: UUID, status: ReviewStatus, reason: str | None) -> Review:
    row = await DB.fetch_row(
        f"""
        UPDATE product_reviews AS r SET status = $2, moderation_reason = $3 WHERE r.id = $1 RETURNING {COLUMNS}
        """,
        review_id,
        status,
        reason,
    )
    return Review(*row)


async def remove(review_id: UUID) -> None:
    """Soft delete (D07)."""
    await DB.execute("UPDATE product_reviews AS r SET deleted_at = now() WHERE r.id = $1", review_id)


async def add_vote(review_id: UUID, voter: UUID) -> None:
    await DB.execute(
        "INSERT INTO review_votes (review_id, user_id) VALUES ($1, $2) ON CONFLICT DO NOTHING", review_id, voter
    )


async def remove_vote(review_id: UUID, voter: UUID) -> None:
    await DB.execute("DELETE FROM review_votes v WHERE v.review_id = $1 AND v.user_id = $2", review_id, voter)


async def anonymise(author: UUID) -> list[UUID]:
    """Give each review of an author, and each vote, to nobody: an id of its own that is no account's.

    Answers the reviews, removed ones included.
    """
    rows = await DB.fetch(
        "UPDATE product_reviews SET user_id = gen_random_uuid() WHERE user_id = $1 RETURNING id", author
    )
    await DB.execute("UPDATE review_votes SET user_id = gen_random_uuid() WHERE user_id = $1", author)
    return [row["id"] for row in rows]
