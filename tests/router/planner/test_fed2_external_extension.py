"""Federation 2, ``extend type``: external keys of an extension are usable, its other external fields come from their
owner unless they are provided."""

from __future__ import annotations

import pytest

from tests.router.planner.conftest import AssertPlan
from tests.router.planner.external_plans import PLANS

SUBGRAPHS = {
    "catalog": """
        type Query { book: Book }
        type Book @key(fields: "isbn") { isbn: ID! title: String @shareable writer: Writer @shareable }
        type Writer @key(fields: "id") { id: ID! name: String @shareable }
    """,
    "lending": """
        extend type Query { loans: [Loan] lately: Book newest: Book @provides(fields: "title writer { name }") }
        type Loan { due: String book: Book @provides(fields: "title") }
        extend type Book @key(fields: "isbn") {
          isbn: ID! @external
          title: String @external
          writer: Writer @external
          shelf: String
        }
        extend type Writer @key(fields: "id") { id: ID! @external name: String @external }
    """,
}


@pytest.mark.parametrize("case", PLANS)
def test_an_extension_with_external_fields(assert_plan: AssertPlan, case: str) -> None:
    assert_plan(SUBGRAPHS, *PLANS[case])
