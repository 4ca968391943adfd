"""The six subgraphs over the demo shop's rows, as those who ask for authorisation have them."""

from __future__ import annotations

from tests.authorization.conftest import room

__all__ = ["room"]
