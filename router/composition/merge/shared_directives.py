"""Which shared federation directives the supergraph links, and under which name."""

from __future__ import annotations

from router.composition.merge.context import MergeContext
from router.composition.schema import Application
from router.composition.subgraph.subgraph import Subgraph
from router.specs.shared import SHARED_DIRECTIVES

__all__ = ["name_shared_directives"]


def name_shared_directives(context: MergeContext) -> None:
    """Fill ``context.directive_names``; a directive with several names is LINK_IMPORT_NAME_MISMATCH."""
    for spec in SHARED_DIRECTIVES:
        names: dict[str, list[int]] = {}
        for index, subgraph in enumerate(context.subgraphs):
            for name in sorted({application.name for application in _applications(subgraph, spec)}):
                names.setdefault(name, []).append(index)
        if len(names) > 1:
            listed = " but ".join(f'"@{name}" in {context.names(indexes)}' for name, indexes in names.items())
            context.error(
                "LINK_IMPORT_NAME_MISMATCH",
                f'Directive "@{spec}" has different names: it is {listed}. Import it under one name.',
                f"@{spec}",
            )
        if names:
            context.directive_names[spec] = next(iter(names))


def _applications(subgraph: Subgraph, spec: str) -> list[Application]:
    return [
        application
        for element in (*subgraph.schema.elements(), *subgraph.schema.directive_arguments())
        for application in element.applied
        if application.spec == spec
    ]
