"""What catalog staff may write about categories (S-026, D14)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from subgraphs.kernel.refusals import Conflict, Invalid, Missing
from subgraphs.product.domain.texts import Checker

MAX_NAME = 100
MAX_SLUG = 100
MAX_DESCRIPTION = 5000


@dataclass(frozen=True, slots=True)
class CategoryText:
    """What is written about a category; made by :func:`check_text` only. Without a slug one is made."""

    name: str
    slug: str | None
    description: str | None


@dataclass(frozen=True, slots=True)
class Shelf:
    """What the locked tree says about a place for a category: whether it exists, is below it, or has its name."""

    exists: bool
    inside: bool
    name_taken: bool


def check_text(name: str, slug: str | None, description: str | None) -> CategoryText:
    """Raises Refusals with one refusal per bad field."""
    checker = Checker()
    text = CategoryText(
        name=checker.required_text(name, MAX_NAME, ["input", "name"]),
        slug=checker.slug(slug, MAX_SLUG, ["input", "slug"]),
        description=checker.optional_text(description, MAX_DESCRIPTION, ["input", "description"], lines=True),
    )
    checker.finish()
    return text


def check_shelf(shelf: Shelf, *, parent_path: Sequence[str], name_path: Sequence[str]) -> None:
    """Raises Missing, Invalid ``CATEGORY_CYCLE`` or Conflict ``CATEGORY_NAME_TAKEN``."""
    if not shelf.exists:
        raise category_missing(parent_path)
    if shelf.inside:
        raise Invalid(
            "A category cannot lie below itself.",
            code="CATEGORY_CYCLE",
            path=parent_path,
            constraint="categories_cycle_check",
        )
    if shelf.name_taken:
        raise Conflict("A category beside it has this name.", code="CATEGORY_NAME_TAKEN", path=name_path)


def category_missing(path: Sequence[str]) -> Missing:
    return Missing("There is no such category.", path=path)
