"""Runs the rules of the merged schema; hidden elements are looked at once the schema itself is right."""

from __future__ import annotations

from router.composition.errors import CompositionError
from router.composition.merge.context import MergeContext
from router.composition.post_merge.authorization import check_transitive_authorization
from router.composition.post_merge.implementations import check_implementations
from router.composition.post_merge.inaccessible import check_inaccessible

__all__ = ["check_merged"]


def check_merged(context: MergeContext) -> list[CompositionError]:
    """The errors of the first failing rule group, for a merge without errors."""
    errors = [*check_implementations(context), *check_transitive_authorization(context)]
    return errors or check_inaccessible(context)
