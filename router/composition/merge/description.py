"""Descriptions: the most frequent one, the first of equals."""

from __future__ import annotations

from collections import Counter

from router.composition.merge.context import MergeContext, Sources
from router.composition.schema import Element

__all__ = ["merge_description"]


def merge_description(context: MergeContext, sources: Sources[Element], dest: Element) -> None:
    """Set the description; INCONSISTENT_DESCRIPTION if subgraphs differ."""
    counts = Counter(source.description for source in sources.values() if source.description)
    if not counts:
        return
    used = dest.description = counts.most_common(1)[0][0]
    if len(counts) > 1:
        agreeing = [index for index, source in sources.items() if source.description == used]
        others = [index for index, source in sources.items() if source.description not in (used, None, "")]
        context.hint(
            "INCONSISTENT_DESCRIPTION",
            f'Descriptions of "{dest.coordinate}" differ: {context.names(others)} against'
            f" {context.names(agreeing)}, whose words the supergraph has.",
            dest.coordinate,
        )
