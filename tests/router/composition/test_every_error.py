"""Every error code is tested in a file of its name, and that file tests it."""

from __future__ import annotations

from pathlib import Path

import pytest

from router.composition.errors import ERROR_CODES
from tests.listed_files import files_without_name, names_without_file

ERRORS = Path(__file__).parent / "errors"


def test_each_has_a_file_and_each_file_a_code() -> None:
    assert names_without_file(ERRORS, ERROR_CODES) == []
    assert files_without_name(ERRORS, ERROR_CODES) == []


@pytest.mark.parametrize("code", ERROR_CODES)
def test_the_file_meets_the_code(code: str) -> None:
    assert f'"{code}"' in (ERRORS / f"test_{code.lower()}.py").read_text(encoding="utf-8")
