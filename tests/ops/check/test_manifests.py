"""The manifests resolve, and the checker sees what would break in a cluster."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import yaml

from ops.check.manifests import findings
from subgraphs.payment.api.webhooks import ROUTES

K8S = Path(__file__).parents[3] / "k8s"
EXAMPLE = K8S / "overlays" / "example"
WEBHOOKS = "../overlays/example/webhooks.yaml"
CONTROLLERS_NAMESPACE = """namespaceSelector:
            matchLabels:
              kubernetes.io/metadata.name: ingress-nginx
          """


def test_what_is_shipped_has_no_findings() -> None:
    assert findings(EXAMPLE) == []


def test_the_source_documents_figures_are_kept() -> None:
    """S-008 to S-012."""
    text = (K8S / "base" / "postgres.yaml").read_text()
    for figure in ("image: postgres:15.", "storage: 50Gi", "storageClassName: fast-ssd", "memory: 4Gi", "cpu: 500m"):
        assert figure in text


def test_only_the_provider_s_own_route_of_payment_is_reachable_from_outside() -> None:
    kustomization = yaml.safe_load((EXAMPLE / "kustomization.yaml").read_text())
    [literals] = [
        each["literals"] for each in kustomization["configMapGenerator"] if each["name"] == "payment-provider"
    ]
    [provider] = [each.removeprefix("name=") for each in literals if each.startswith("name=")]
    [route] = ROUTES
    ingress = next(iter(yaml.safe_load_all((EXAMPLE / "webhooks.yaml").read_text())))
    paths = [path for rule in ingress["spec"]["rules"] for path in rule["http"]["paths"]]
    assert [(path["path"], path["pathType"]) for path in paths] == [(route.path.format(provider=provider), "Exact")]


@pytest.mark.parametrize(
    ("file", "old", "new", "finding"),
    [
        (
            WEBHOOKS,
            CONTROLLERS_NAMESPACE,
            "",
            "Ingress/payment-webhooks: no NetworkPolicy lets its controller in at the port http of payment",
        ),
        (
            WEBHOOKS,
            "      ports:\n        - port: http",
            "      ports:\n        - port: 9",
            "no NetworkPolicy lets its controller in",
        ),
        (
            WEBHOOKS,
            "      app: payment\n  policyTypes",
            "      app: user\n  policyTypes",
            "no NetworkPolicy lets its controller in",
        ),
        (
            WEBHOOKS,
            "name: payment\n                port",
            "name: pay\n                port",
            "its Service pay does not exist",
        ),
        (WEBHOOKS, "name: http\n---", "name: https\n---", "its Service payment has no port https"),
        (WEBHOOKS, "hosts: [webhooks.", "hosts: [hooks.", "its host webhooks.shop.example has no certificate"),
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
