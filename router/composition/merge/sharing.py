"""Field sharing: a field that several subgraphs resolve must be shareable in all of them (Federation docs, "Composition
Rules" and ``@shareable``)."""

from __future__ import annotations

from router.composition.merge.context import MergeContext, Sources
from router.composition.merge.override import Overrides
from router.composition.schema import Field

__all__ = ["check_sharing", "check_subscription_sharing"]


def check_sharing(
    context: MergeContext,
    sources: Sources[Field],
    abstracted: dict[int, list[Field]],
    dest: Field,
    overrides: Overrides,
) -> None:
    """INVALID_FIELD_SHARING for a field that several subgraphs resolve, of which one does not share it.

    ``abstracted`` holds fields that subgraphs contribute through an interface object; overridden versions do not count.
    """
    sharing: list[int] = []
    claiming: list[int] = []
    candidates = [(index, source) for index, source in sources.items() if not overrides.is_overridden(index)]
    candidates += [(index, field) for index, fields in abstracted.items() for field in fields]
    for index, source in sorted(candidates, key=lambda pair: pair[0]):
        usage = context.subgraphs[index].usage
        if usage.is_fully_external(source):
            continue
        (sharing if usage.is_shareable(source) else claiming).append(index)
    if claiming and len(sharing) + len(claiming) > 1:
        resolving = context.names(sorted(dict.fromkeys([*sharing, *claiming])))
        context.error(
            "INVALID_FIELD_SHARING",
            f'"{dest.coordinate}" is resolved by {resolving} but is not @shareable in'
            f" {context.names(dict.fromkeys(claiming))}: mark it @shareable in all of them or resolve it in one.",
            dest.coordinate,
        )


def check_subscription_sharing(context: MergeContext, sources: Sources[Field], dest: Field) -> None:
    """INVALID_FIELD_SHARING: a subscription has one source of events, so its field cannot be shared (GraphQL spec
    §6.2.3.1)."""
    shareable = [index for index, source in sources.items() if context.subgraphs[index].usage.is_shareable(source)]
    if shareable:
        context.error(
            "INVALID_FIELD_SHARING",
            f'"{dest.coordinate}" is a field of the subscription root and cannot be @shareable, as it is in'
            f" {context.names(shareable)}: keep it in one subgraph.",
            dest.coordinate,
        )
