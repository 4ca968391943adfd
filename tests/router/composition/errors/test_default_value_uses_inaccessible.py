"""DEFAULT_VALUE_USES_INACCESSIBLE. Visible defaults use visible elements."""

from __future__ import annotations

from tests.router.composition.harness import rejected


def test_hidden_enum_value() -> None:
    error = rejected(
        "DEFAULT_VALUE_USES_INACCESSIBLE",
        books="""
        type Query { a(by: By = YEAR): Int }
        enum By { TITLE YEAR @inaccessible }
        """,
    )
    assert '"By.YEAR"' in error.message
