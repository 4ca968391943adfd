"""What catalog staff may write about products; shared by single edits and by bulk ones (S-027 to S-029, S-122, D39)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from typing import Final, Literal
from uuid import UUID

from subgraphs.kernel.identifiers import uuid_or_none
from subgraphs.kernel.money import check_amount, check_currency
from subgraphs.kernel.refusals import Conflict, Missing, Refusal
from subgraphs.product.domain.catalog import Image, Product
from subgraphs.product.domain.texts import Checker, slug_candidates

MAX_NAME = 255
MAX_SKU = 100
MAX_SLUG = 255
MAX_DESCRIPTION = 5000
MAX_LONG_DESCRIPTION = 50_000
MAX_URL = 2000
MAX_ALT_TEXT = 255
MAX_IMAGES = 50
MAX_SPECIFICATIONS = 100
MAX_SPEC_KEY = 100
MAX_SPEC_VALUE = 500
MAX_BULK = 1000

_SKU = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]*")
_URL = re.compile(r"(https?://[^\s/]\S*|/\S*)")


class Absent(Enum):
    """An optional input that was left out, as against one that is null."""

    ABSENT = "absent"


ABSENT: Final = Absent.ABSENT
Left = Literal[Absent.ABSENT]


@dataclass(frozen=True, slots=True)
class GivenImage:
    """A picture as the client sent it."""

    url: str
    alt_text: str | None = None
    is_primary: bool | None = None
    sort_order: int | None = None


@dataclass(frozen=True, slots=True)
class GivenProduct:
    """A product as the client sent it; None for slug, active, images and specifications is the same as absent."""

    sku: str
    name: str
    price: Decimal
    currency: str
    slug: str | None = None
    description: str | Left | None = ABSENT
    long_description: str | Left | None = ABSENT
    category_id: str | Left | None = ABSENT
    images: Sequence[GivenImage] | None = None
    specifications: Sequence[tuple[str, str]] | None = None
    active: bool | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """A product that is fit to be stored as far as it can be told without the catalog; made by :func:`draft` only."""

    sku: str
    name: str
    price: Decimal
    currency: str
    slug: str | None
    description: str | Left | None
    long_description: str | Left | None
    category_id: UUID | Left | None
    images: tuple[Image, ...] | None
    specifications: tuple[tuple[str, str], ...] | None
    active: bool | None


@dataclass(frozen=True, slots=True)
class Edit:
    """One product to write: a new one, or one that was there ``before`` and is locked."""

    id: UUID
    draft: Draft
    path: tuple[str, ...]
    before: Product | None = None

    @property
    def slug_candidates(self) -> tuple[str, ...]:
        """Slugs that would do, the best first; a product keeps the one it has."""
        if self.draft.slug is not None:
            return (self.draft.slug,)
        if self.before is not None:
            return (self.before.slug,)
        return slug_candidates((self.draft.name, self.draft.sku), self.id, "product", MAX_SLUG)


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of the catalog, complete."""

    id: UUID
    sku: str
    slug: str
    name: str
    description: str | None
    long_description: str | None
    category_id: UUID | None
    price: Decimal
    currency: str
    is_active: bool


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the locked catalog says about a batch of edits: live categories, and who has which slug and SKU."""

    categories: frozenset[UUID]
    slugs: Mapping[str, UUID]
    skus: Mapping[str, UUID]


# -- without the catalog -----------------------------------------------------------------------------------------------


def draft(given: GivenProduct, path: tuple[str, ...], checker: Checker) -> Draft:
    """The checked input; complaints go to ``checker``, and the draft is of no use if there are any."""
    if len(given.sku) > MAX_SKU or not _SKU.fullmatch(given.sku):
        checker.refuse(
            f"A SKU is at most {MAX_SKU} letters, digits and . _ / - and starts with a letter or digit.",
            "SKU_INVALID",
            (*path, "sku"),
        )
    return Draft(
        sku=given.sku,
        name=checker.required_text(given.name, MAX_NAME, (*path, "name")),
        price=_price(given, path, checker),
        currency=given.currency,
        slug=checker.slug(given.slug, MAX_SLUG, (*path, "slug")),
        description=_description(given.description, MAX_DESCRIPTION, (*path, "description"), checker),
        long_description=_description(
            given.long_description, MAX_LONG_DESCRIPTION, (*path, "longDescription"), checker
        ),
        category_id=_category(given.category_id, path, checker),
        images=None if given.images is None else _images(given.images, (*path, "images"), checker),
        specifications=None
        if given.specifications is None
        else _specifications(given.specifications, (*path, "specifications"), checker),
        active=given.active,
    )


def drafts(given: Sequence[GivenProduct]) -> list[Draft]:
    """The drafts of a bulk edit, each SKU once; raises Refusals with the paths of all rows that are at fault."""
    checker = Checker()
    if len(given) > MAX_BULK:
        checker.refuse(f"At most {MAX_BULK} products at once.", "TOO_MANY_ROWS", ("input",))
        checker.finish()
    first: dict[str, int] = {}
    for number, product in enumerate(given):
        if first.setdefault(product.sku, number) != number:
            path = ("input", str(number), "sku")
            checker.refuse(f"Row {first[product.sku]} has the same SKU.", "SKU_REPEATED", path)
    found = [draft(product, ("input", str(number)), checker) for number, product in enumerate(given)]
    checker.finish()
    return found


def _price(given: GivenProduct, path: tuple[str, ...], checker: Checker) -> Decimal:
    try:
        check_currency(given.currency, path=[*path, "currency"])
        return check_amount(given.price, given.currency, path=[*path, "price"])
    except Refusal as refusal:
        checker.refusals.append(refusal)
        return given.price


def _description(value: str | Left | None, longest: int, path: tuple[str, ...], checker: Checker) -> str | Left | None:
    return ABSENT if value is ABSENT else checker.optional_text(value, longest, path, lines=True)


def _category(value: str | Left | None, path: tuple[str, ...], checker: Checker) -> UUID | Left | None:
    if value is None or value is ABSENT:
        return value
    known = uuid_or_none(value)
    if known is None:
        checker.refusals.append(_category_missing(path))
    return known


def _images(given: Sequence[GivenImage], path: tuple[str, ...], checker: Checker) -> tuple[Image, ...]:
    if len(given) > MAX_IMAGES:
        checker.refuse(f"A product has at most {MAX_IMAGES} pictures.", "TOO_MANY_IMAGES", path)
        return ()
    if sum(image.is_primary is True for image in given) > 1:
        checker.refuse("One picture stands for the product.", "PRIMARY_IMAGE_REPEATED", path)
    return tuple(_image(image, number, (*path, str(number)), checker) for number, image in enumerate(given))


def _image(given: GivenImage, number: int, path: tuple[str, ...], checker: Checker) -> Image:
    url = checker.text(given.url, MAX_URL, (*path, "url"))
    if not _URL.fullmatch(url):
        checker.refuse("An address is https://..., http://... or /...", "URL_INVALID", (*path, "url"))
    place = number if given.sort_order is None else given.sort_order
    if place < 0:
        checker.refuse("A place is 0 or more.", "SORT_ORDER_INVALID", (*path, "sortOrder"))
    alt_text = checker.optional_text(given.alt_text, MAX_ALT_TEXT, (*path, "altText"))
    return Image(url, alt_text, given.is_primary is True, place)


def _specifications(
    given: Sequence[tuple[str, str]], path: tuple[str, ...], checker: Checker
) -> tuple[tuple[str, str], ...]:
    if len(given) > MAX_SPECIFICATIONS:
        checker.refuse(f"A product has at most {MAX_SPECIFICATIONS} facts.", "TOO_MANY_SPECIFICATIONS", path)
        return ()
    found: dict[str, str] = {}
    for number, (key, value) in enumerate(given):
        place = (*path, str(number))
        name = checker.required_text(key, MAX_SPEC_KEY, (*place, "key"))
        if name in found:
            checker.refuse("A fact is named once per product.", "SPECIFICATION_REPEATED", (*place, "key"))
        found[name] = checker.required_text(value, MAX_SPEC_VALUE, (*place, "value"))
    return tuple(found.items())


# -- with the catalog --------------------------------------------------------------------------------------------------


def entries(edits: Sequence[Edit], around: Surroundings) -> list[Entry]:
    """The rows to store, each with a slug that no other live product has; raises Refusals with all collisions."""
    checker, taken = Checker(), dict(around.slugs)
    for edit in edits:  # slugs that were asked for come before slugs that are made
        slug = edit.draft.slug
        if slug is not None and taken.setdefault(slug, edit.id) != edit.id:
            checker.refusals.append(slug_taken((*edit.path, "slug")))
    found = []
    for edit in edits:
        if around.skus.get(edit.draft.sku, edit.id) != edit.id:
            checker.refusals.append(sku_taken((*edit.path, "sku")))
        if isinstance(edit.draft.category_id, UUID) and edit.draft.category_id not in around.categories:
            checker.refusals.append(_category_missing(edit.path))
        free = (slug for slug in edit.slug_candidates if taken.get(slug, edit.id) == edit.id)
        slug = next(free, edit.slug_candidates[-1])
        taken[slug] = edit.id
        found.append(_entry(edit, slug))
    checker.finish()
    return found


def _entry(edit: Edit, slug: str) -> Entry:
    new, old = edit.draft, edit.before
    description = new.description
    if description is ABSENT:
        description = old.description if old else None
    long_description = new.long_description
    if long_description is ABSENT:
        long_description = old.long_description if old else None
    category = new.category_id
    if category is ABSENT:
        category = old.category_id if old else None
    active = new.active
    if active is None:
        active = old.is_active if old else True
    return Entry(
        edit.id, new.sku, slug, new.name, description, long_description, category, new.price, new.currency, active
    )


def check_version(product: Product, version: int) -> None:
    """Raises Conflict ``VERSION_CONFLICT`` with the version there is."""
    if product.version != version:
        raise Conflict(
            "The product has changed meanwhile.",
            code="VERSION_CONFLICT",
            path=["version"],
            current_version=product.version,
        )


def product_archived(product: Product, path: Sequence[str]) -> Conflict:
    return Conflict(
        "The product is archived; restore it first.",
        code="PRODUCT_ARCHIVED",
        path=path,
        current_version=product.version,
    )


def product_missing(path: Sequence[str]) -> Missing:
    return Missing("There is no such product.", path=path)


def sku_taken(path: Sequence[str]) -> Conflict:
    return Conflict("Another product has this SKU.", code="SKU_TAKEN", path=path)


def slug_taken(path: Sequence[str]) -> Conflict:
    return Conflict("Another one has this slug.", code="SLUG_TAKEN", path=path)


def _category_missing(path: Sequence[str]) -> Missing:
    return Missing("There is no such category.", path=[*path, "categoryId"])
