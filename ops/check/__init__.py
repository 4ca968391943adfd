"""What `make check` holds beside formatting, lint, types and import contracts.

- ``dictionary``   docs/data-dictionary is of these migrations
- ``manifests``    k8s/: every object is valid and every reference resolves
- ``migrations``   files are well-formed, unique and unchanged since release
- ``schemas``      schema/ is what the code exports and composes
"""

from __future__ import annotations

from pathlib import Path

from ops.check import dictionary, manifests, migrations, schemas

__all__ = ["all_findings"]


def all_findings(root: Path) -> list[str]:
    """Everything that is not in order, each as one sentence."""
    return [
        *schemas.findings(root),
        *migrations.findings(root / "migrations"),
        *dictionary.findings(root),
        *manifests.findings(root / "k8s" / "overlays" / "example"),
    ]
