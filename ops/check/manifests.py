"""Kubernetes manifests, without a cluster: each object fits its API's schema, and all references resolve.

``kustomize build`` is imitated as far as these folders use it: ``resources`` and the two generators. A generator's
``name.env`` is read from ``name.env.example`` when the secret itself is not there, since only its keys matter here.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate
import yaml

__all__ = ["findings"]

Manifest = dict[str, Any]
_API_VERSION = "1.31"
_JOBS = ("Job", "CronJob")
_MONITORING = "monitoring"
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml's where PyYAML was built with it: ten times as fast
_WORKLOADS = ("Deployment", "StatefulSet", "DaemonSet", *_JOBS)


def findings(folder: Path) -> list[str]:
    """Everything wrong with the objects that ``folder``'s kustomization builds, in order of the files."""
    objects = _build(folder)
    index = {(item["kind"], item["metadata"]["name"]): item for item in objects}
    found = [problem for item in objects for problem in _schema_problems(item)]
    if len(index) != len(objects):
        found.append("two objects share a kind and a name")
    for item in objects:
        name = f"{item['kind']}/{item['metadata']['name']}"
        found.extend(f"{name}: {problem}" for problem in _reference_problems(item, index))
    return found


def _build(folder: Path) -> list[Manifest]:
    kustomization = yaml.load((folder / "kustomization.yaml").read_text(), _Loader)  # noqa: S506 - a safe one
    objects: list[Manifest] = []
    for resource in kustomization.get("resources", ()):
        path = folder / resource
        objects.extend(_build(path) if path.is_dir() else filter(None, yaml.load_all(path.read_text(), _Loader)))
    for kind, generator in (("Secret", "secretGenerator"), ("ConfigMap", "configMapGenerator")):
        for entry in kustomization.get(generator, ()):
            keys = dict.fromkeys([*_file_keys(entry), *_env_keys(folder, entry)], "")
            metadata = {"name": entry["name"], "namespace": kustomization["namespace"]}
            objects.append({"apiVersion": "v1", "kind": kind, "metadata": metadata, "data": keys})
    return objects


def _file_keys(entry: Manifest) -> Iterator[str]:
    for file in entry.get("files", ()):
        name, _, path = file.partition("=")
        yield name if path else Path(name).name


def _env_keys(folder: Path, entry: Manifest) -> Iterator[str]:
    for literal in entry.get("literals", ()):
        yield literal.partition("=")[0]
    for file in entry.get("envs", ()):
        path = folder / file if (folder / file).exists() else folder / f"{file}.example"
        for line in path.read_text().splitlines():
            if line.strip() and not line.startswith("#"):
                yield line.partition("=")[0]


def _schema_problems(item: Manifest) -> Iterator[str]:
    name = f"{item.get('kind')}/{item.get('metadata', {}).get('name')}"
    try:
        kubernetes_validate.validate(item, _API_VERSION, strict=True)
    except kubernetes_validate.ValidationError as error:
        yield f"{name}: {'.'.join(str(step) for step in error.path)}: {error.message}"


def _reference_problems(item: Manifest, index: dict[tuple[str, str], Manifest]) -> Iterator[str]:
    if item["kind"] in _WORKLOADS:
        yield from _workload_problems(item, index)
    if item["kind"] == "Service":
        yield from _service_problems(item, index)
    if item["kind"] == "NetworkPolicy":
        yield from _policy_problems(item, index)
    if item["kind"] == "Ingress":
        yield from _ingress_problems(item, index)
    if item["kind"] == "PodDisruptionBudget" and not _selected(item["spec"]["selector"]["matchLabels"], index):
        yield "selects no pod"
    namespace = item["metadata"].get("namespace")
    if item["kind"] != "Namespace" and ("Namespace", namespace) not in index:
        yield f"its namespace {namespace} is not declared"


def _workload_problems(item: Manifest, index: dict[tuple[str, str], Manifest]) -> Iterator[str]:
    spec, template = _running(item), _running(item)["template"]
    pod = template["spec"]
    if item["kind"] not in _JOBS and spec["selector"]["matchLabels"].items() - template["metadata"]["labels"].items():
        yield "its selector does not match its own pods"
    if item["kind"] == "StatefulSet" and ("Service", spec["serviceName"]) not in index:
        yield f"its Service {spec['serviceName']} does not exist"
    if ("ServiceAccount", pod.get("serviceAccountName")) not in index:
        yield f"its ServiceAccount {pod.get('serviceAccountName')} does not exist"
    claims = {claim["metadata"]["name"] for claim in spec.get("volumeClaimTemplates", ())}
    volumes = {volume["name"] for volume in pod.get("volumes", ())} | claims
    for volume in pod.get("volumes", ()):
        yield from _volume_problems(volume, index)
    for container in pod["containers"]:
        yield from _container_problems(container, volumes, index, is_job=item["kind"] in _JOBS)


def _volume_problems(volume: Manifest, index: dict[tuple[str, str], Manifest]) -> Iterator[str]:
    for kind, field, name in (("Secret", "secret", "secretName"), ("ConfigMap", "configMap", "name")):
        if source := volume.get(field):
            keys = [entry["key"] for entry in source.get("items", ())]
            yield from _missing(kind, source[name], keys, index)
    if claim := volume.get("persistentVolumeClaim"):
        yield from _missing("PersistentVolumeClaim", claim["claimName"], [], index)


def _container_problems(
    container: Manifest, volumes: set[str], index: dict[tuple[str, str], Manifest], *, is_job: bool
) -> Iterator[str]:
    name = container["name"]
    tag = container["image"].rpartition("/")[2].partition(":")[2]
    if tag in ("", "latest"):
        yield f"container {name} does not pin its image"
    for mount in container.get("volumeMounts", ()):
        if mount["name"] not in volumes:
            yield f"container {name} mounts {mount['name']}, which is no volume"
    for variable in container.get("env", ()):
        for kind, field in (("Secret", "secretKeyRef"), ("ConfigMap", "configMapKeyRef")):
            if reference := variable.get("valueFrom", {}).get(field):
                yield from _missing(kind, reference["name"], [reference["key"]], index)
    ports = {port["name"] for port in container.get("ports", ())}
    for probe in ("readinessProbe", "livenessProbe"):
        if probe not in container and not is_job:
            yield f"container {name} has no {probe}"
        port = container.get(probe, {}).get("httpGet", {}).get("port")
        if port is not None and port not in ports:
            yield f"the {probe} of container {name} asks the port {port}, which it does not have"
    for bound in ("requests", "limits"):
        if {"cpu", "memory"} - container.get("resources", {}).get(bound, {}).keys():
            yield f"container {name} states no {bound}"


def _missing(kind: str, name: str, keys: list[str], index: dict[tuple[str, str], Manifest]) -> Iterator[str]:
    target = index.get((kind, name))
    if target is None:
        yield f"the {kind} {name} does not exist"
        return
    for key in keys:
        if key not in target.get("data", {}):
            yield f"the {kind} {name} has no key {key}"


def _service_problems(item: Manifest, index: dict[tuple[str, str], Manifest]) -> Iterator[str]:
    pods = _selected(item["spec"]["selector"], index)
    if not pods:
        yield "selects no pod"
    for port in item["spec"]["ports"]:
        if not any(port["targetPort"] in _ports(pod) for pod in pods):
            yield f"no pod of it has the port {port['targetPort']}"


def _policy_problems(item: Manifest, index: dict[tuple[str, str], Manifest]) -> Iterator[str]:
    labels = item["spec"]["podSelector"].get("matchLabels", {})
    pods = _selected(labels, index)
    if labels and not pods:
        yield "protects no pod"
    for rule in item["spec"].get("ingress", ()):
        for source in rule.get("from", ()):
            if "namespaceSelector" in source:
                continue  # pods of other namespaces are not ours to know
            if not _selected(source["podSelector"]["matchLabels"], index):
                yield f"lets in {source['podSelector']['matchLabels']}, which is no pod"
        for port in rule.get("ports", ()):
            if not all(port["port"] in _ports(pod) for pod in pods):
                yield f"opens the port {port['port']}, which not all of its pods have"


def _ingress_problems(item: Manifest, index: dict[tuple[str, str], Manifest]) -> Iterator[str]:
    secured = {host for entry in item["spec"].get("tls", ()) for host in entry.get("hosts", ())}
    for rule in item["spec"]["rules"]:
        if rule.get("host") not in secured:
            yield f"its host {rule.get('host')} has no certificate"
        for path in rule["http"]["paths"]:
            yield from _backend_problems(path["backend"]["service"], index)


def _backend_problems(backend: Manifest, index: dict[tuple[str, str], Manifest]) -> Iterator[str]:
    name, port = backend["name"], backend["port"].get("name")
    service = index.get(("Service", name))
    target = (
        next((each["targetPort"] for each in service["spec"]["ports"] if each["name"] == port), None)
        if service
        else None
    )
    if service is None:
        yield f"its Service {name} does not exist"
    elif target is None:
        yield f"its Service {name} has no port {port}"
    elif not all(_open_to_outside(pod, target, index) for pod in _selected(service["spec"]["selector"], index)):
        yield f"no NetworkPolicy lets its controller in at the port {target} of {name}"


def _open_to_outside(pod: Manifest, port: str, index: dict[tuple[str, str], Manifest]) -> bool:
    """Whether a policy lets pods of another namespace in, other than those that ask for metrics."""
    policies = [item["spec"] for (kind, _), item in index.items() if kind == "NetworkPolicy"]
    labels = pod["metadata"]["labels"].items()
    return any(
        not rule.get("from") or any(_is_outside(source) for source in rule["from"])
        for spec in policies
        if spec["podSelector"].get("matchLabels", {}).items() <= labels
        for rule in spec.get("ingress", ())
        if "ports" not in rule or any(each["port"] == port for each in rule["ports"])
    )


def _is_outside(source: Manifest) -> bool:
    names = source.get("namespaceSelector", {}).get("matchLabels", {})
    return "namespaceSelector" in source and names.get("kubernetes.io/metadata.name") != _MONITORING


def _selected(labels: dict[str, str], index: dict[tuple[str, str], Manifest]) -> list[Manifest]:
    templates = [_running(item)["template"] for (kind, _), item in index.items() if kind in _WORKLOADS]
    return [template for template in templates if labels.items() <= template["metadata"]["labels"].items()]


def _running(item: Manifest) -> Manifest:
    """What a workload says of its pods; a CronJob says it of the jobs that it makes."""
    spec: Manifest = item["spec"]["jobTemplate"]["spec"] if item["kind"] == "CronJob" else item["spec"]
    return spec


def _ports(template: Manifest) -> set[str]:
    return {port["name"] for container in template["spec"]["containers"] for port in container.get("ports", ())}
