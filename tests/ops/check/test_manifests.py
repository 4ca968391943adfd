"""The manifests resolve, and the checker sees what would break in a cluster."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from ops.check.manifests import findings

K8S = Path(__file__).parents[3] / "k8s"


def test_what_is_shipped_has_no_findings() -> None:
    assert findings(K8S / "overlays" / "example") == []


def test_the_source_documents_figures_are_kept() -> None:
    """S-008 to S-012."""
    text = (K8S / "base" / "postgres.yaml").read_text()
    for figure in ("image: postgres:15.", "storage: 50Gi", "storageClassName: fast-ssd", "memory: 4Gi", "cpu: 500m"):
        assert figure in text


@pytest.mark.parametrize(
    ("file", "old", "new", "finding"),
    [
        (
            "auth.yaml",
            "key: password",
            "key: passwort",
            "Deployment/auth: the Secret auth-database has no key passwort",
        ),
        (
            "auth.yaml",
            "            - name: trusted-keys\n",
            "            - name: no-keys\n",
            "mounts no-keys, which is no volume",
        ),
        (
            "user.yaml",
            "path: /readyz\n              port: http",
            "path: /readyz\n              port: web",
            "asks the port",
        ),
        (
            "payment.yaml",
            "key: webhook-secret",
            "key: webhook",
            "Deployment/payment: the Secret payment-provider has no key webhook",
        ),
        (
            "payment.yaml",
            "key: url",
            "key: address",
            "Deployment/payment: the ConfigMap payment-provider has no key address",
        ),
        ("product.yaml", "image: stoa:0.1.0", "image: stoa", "does not pin its image"),
        ("order.yaml", "replicas: 2", "replicas: two", "Deployment/order: spec.replicas"),
        ("order.yaml", "serviceAccountName: stoa", "serviceAccountName: none", "ServiceAccount none does not exist"),
        ("postgres.yaml", "serviceName: postgres", "serviceName: pg", "its Service pg does not exist"),
        ("redis.yaml", "targetPort: redis", "targetPort: rediss", "no pod of it has the port rediss"),
        ("network.yaml", "app: migrate", "app: migrator", "lets in {'app': 'migrator'}, which is no pod"),
        ("payment.yaml", "namespace: microservices", "namespace: shop", "its namespace shop is not declared"),
    ],
)
def test_a_broken_manifest_is_found(tmp_path: Path, file: str, old: str, new: str, finding: str) -> None:
    shutil.copytree(K8S, tmp_path / "k8s")
    path = tmp_path / "k8s" / "base" / file
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))
    assert any(finding in line for line in findings(tmp_path / "k8s" / "overlays" / "example"))
