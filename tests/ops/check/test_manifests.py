"""The manifests resolve, and the checker sees what would break in a cluster."""

from __future__ import annotations

import shutil
from functools import cache
from pathlib import Path
from typing import Any

import click
import kubernetes_validate
import orjson
import pytest
import yaml
from click.testing import CliRunner

from ops.check.manifests import findings
from ops.cli import main
from ops.local.running import database_environment, superuser_environment
from ops.rooms import ROOMS
from subgraphs.kernel.settings import RoomSettings
from subgraphs.payment.api.webhooks import ROUTES

K8S = Path(__file__).parents[3] / "k8s"
EXAMPLE = K8S / "overlays" / "example"
WEBHOOKS = "../overlays/example/webhooks.yaml"
CONTROLLERS_NAMESPACE = """namespaceSelector:
            matchLabels:
              kubernetes.io/metadata.name: ingress-nginx
          """


@cache
def fits(item: bytes, version: str, strict: bool) -> str:
    return str(kubernetes_validate.utils.validate(orjson.loads(item), version, strict))


@pytest.fixture(autouse=True)
def validated_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """An object that once fitted its API's schema still does: the library reads all schemas anew for each object."""

    def validate(item: dict[str, Any], version: str, strict: bool) -> str:
        return fits(orjson.dumps(item), version, strict)

    monkeypatch.setattr(kubernetes_validate, "validate", validate)


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


def jobs() -> dict[str, dict[str, Any]]:
    """The pods of the timed jobs, by name, with their schedules."""
    files = [K8S / "base" / name for name in ("backup.yaml", "maintain.yaml")]
    objects = [each for file in files for each in yaml.safe_load_all(file.read_text()) if each["kind"] == "CronJob"]
    return {each["metadata"]["name"]: each["spec"] for each in objects}


def test_backups_are_taken_daily_and_never_two_at_once() -> None:
    """S-065, S-066, D23."""
    found = jobs()
    assert {name: spec["schedule"] for name, spec in found.items()} == {
        "postgres-backup": "0 2 * * *",
        "postgres-backup-verify": "0 4 * * 0",
        "postgres-maintain": "0 3 * * *",
    }
    for spec in found.values():
        assert (spec["concurrencyPolicy"], spec["timeZone"]) == ("Forbid", "Etc/UTC")
        assert spec["jobTemplate"]["spec"]["activeDeadlineSeconds"] > 0


@pytest.mark.parametrize("name", jobs())
def test_a_timed_job_s_command_exists_and_finds_every_database(name: str, tmp_path: Path) -> None:
    [container] = jobs()[name]["jobTemplate"]["spec"]["template"]["spec"]["containers"]
    program, *arguments = (str(tmp_path) if word == "/backups" else word for word in container["args"])
    assert program == "stoa"
    assert CliRunner().invoke(main, [*arguments, "--help"]).exit_code == 0
    command: click.Command = main
    context = click.Context(main)
    while isinstance(command, click.Group) and arguments and arguments[0] in command.commands:
        command = command.commands[arguments.pop(0)]
    command.parse_args(context, list(arguments))  # an option that it does not have is refused
    environ = {each["name"]: each.get("value", "secret") for each in container["env"]}
    found = {room: RoomSettings.from_env(room, database_environment(tmp_path, environ)).database for room in ROOMS}
    assert {(each.host, each.user, each.password) for each in found.values()} == {
        ("postgres-service", "secret", "secret")
    }
    if name == "postgres-backup-verify":
        assert superuser_environment(tmp_path, environ)["PGHOST"] == "postgres-service"


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
        ("backup.yaml", "claimName: backups", "claimName: none", "the PersistentVolumeClaim none does not exist"),
        ("backup.yaml", "key: password", "key: passwort", "CronJob/postgres-backup: the Secret"),
        ("network.yaml", "app: postgres-backup-verify", "app: verify", "lets in {'app': 'verify'}, which is no pod"),
        ("payment.yaml", "namespace: microservices", "namespace: shop", "its namespace shop is not declared"),
    ],
)
def test_a_broken_manifest_is_found(tmp_path: Path, file: str, old: str, new: str, finding: str) -> None:
    shutil.copytree(K8S, tmp_path / "k8s")
    path = tmp_path / "k8s" / "base" / file
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))
    assert any(finding in line for line in findings(tmp_path / "k8s" / "overlays" / "example"))
