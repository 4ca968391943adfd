"""What the rules accept, the database accepts; what they make is always a slug (S-108)."""

from __future__ import annotations

import random
import re
from decimal import Decimal
from typing import Any
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from subgraphs.kernel.refusals import Refusals
from subgraphs.product.domain.editing import GivenImage, GivenProduct, draft, drafts
from subgraphs.product.domain.texts import Checker, slug_candidates, slugged
from tests.fixtures.rooms import RoomClient

BULK = (
    "mutation($input: [ProductInput!]!) { result: bulkUpsertProducts(input: $input) { created errors { code path } } }"
)
SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
ALPHABET = [
    chr(code) for first in (0x20, 0xA0, 0x300, 0x2000, 0x2028, 0x3000, 0x1F300) for code in range(first, first + 96)
]
ALPHABET += ["\n", "\t", "\u1680", "\u180e", "\ufeff", "İ", "ǅ", "ﬁ", "ß", "\ue000", "\u0085"]


@given(st.lists(st.text(), max_size=3), st.uuids(), st.sampled_from([40, 100, 255]))
def test_made_slugs_are_slugs(names: list[str], identity: UUID, longest: int) -> None:
    for candidate in slug_candidates(names, identity, "product", longest):
        assert SLUG.fullmatch(candidate)
        assert len(candidate) <= longest


@given(st.text())
def test_slugs_stay_as_they_are(text: str) -> None:
    assert slugged(slugged(text, 100), 100) == slugged(text, 100)


@given(
    st.builds(
        GivenProduct,
        sku=st.text(),
        name=st.text(),
        price=st.decimals(),
        currency=st.just("USD") | st.text(),
        slug=st.text(),
    )
)
def test_any_input_is_checked_without_an_accident(product: GivenProduct) -> None:
    checker = Checker()
    draft(product, ("input",), checker)
    for refusal in checker.refusals:
        assert refusal.path is not None
        assert refusal.path[0] == "input"


async def test_the_database_takes_what_the_rules_take(room: RoomClient) -> None:
    dice = random.Random(5)  # noqa: S311 - repeatable junk

    def word(longest: int) -> str:
        return "".join(dice.choices(ALPHABET, k=dice.randint(0, longest)))

    accepted = [product for number in range(1500) if _fits(product := _random_product(f"S-{number}", word))][:1000]
    assert len(accepted) > 300
    result = (await room.query(BULK, {"input": accepted}, as_user=UUID(int=1), scopes=["catalog:write"]))["result"]
    assert result == {"created": len(accepted), "errors": []}


def _random_product(sku: str, word: Any) -> dict[str, Any]:
    return {
        "sku": sku,
        "name": word(4),
        "price": "1",
        "currency": "EUR",
        "description": word(30),
        "images": [{"url": f"https://a{word(1)}", "altText": word(3)}],
        "specifications": [{"key": word(3), "value": word(3)}],
    }


def _fits(product: dict[str, Any]) -> bool:
    images = [GivenImage(image["url"], image["altText"]) for image in product["images"]]
    facts = [(fact["key"], fact["value"]) for fact in product["specifications"]]
    name, text = product["name"], product["description"]
    try:
        drafts([GivenProduct(product["sku"], name, Decimal(1), "EUR", None, text, None, None, images, facts)])
    except Refusals:
        return False
    return True
