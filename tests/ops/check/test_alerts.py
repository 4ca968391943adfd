"""The alert rules ask for what the processes export, and for nothing else (S-115)."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import Any

import pytest
import yaml
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from ops.rooms import ROOMS, ROOT
from router.gateway.telemetry.metrics import Metrics
from subgraphs.kernel.metrics import RoomMetrics
from subgraphs.payment.service.recording import ORPHANED
from subgraphs.payment.service.refunding import SENT_BACK
from subgraphs.payment.service.returning import RETURN_FAILED

RULES = yaml.safe_load((ROOT / "k8s/base/alerts.rules.yaml").read_text())
ALERTS = [rule for group in RULES["groups"] for rule in group["rules"]]
FUNCTIONS = {"sum", "max", "rate", "increase", "histogram_quantile"}
SELECTOR = re.compile(r"\b([a-z_]+)\s*(?:\{([^}]*)\})?(?:\[(\d+)([smhd])\])?")
MATCHER = re.compile(r'^([a-z_]+)(=|!=|=~|!~)"([^"]*)"$')
FROM_PROMETHEUS = {"job", "instance"}


def exported() -> dict[str, set[str]]:
    """Every series of a room and of the router, with the names of its labels."""
    room = RoomMetrics("payment")
    room.registry.register(ORPHANED)
    room.registry.register(SENT_BACK)
    room.registry.register(RETURN_FAILED)
    room.requests.labels("ok").inc()
    room.consumed.labels("order.created", "dead").inc()
    room.lag.labels("events:order").set(0)
    room.pending.labels("events:order").set(0)
    room.database.count_connections({"active": 1})
    ORPHANED.labels("captured")
    router = Metrics()
    router.requests.of("200").observe(0.1)
    router.fetches.of("order", "failed").observe(0.1)
    found: defaultdict[str, set[str]] = defaultdict(set)
    for text in (room.exposition().decode(), generate_latest(router.registry).decode()):
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                found[sample.name] |= set(sample.labels)
    return found


def selectors(expression: str) -> list[tuple[str, list[str], str | None]]:
    """Name, labels and window of each series an expression reads."""
    text = re.sub(r"\b(sum|max) by \([^)]*\)", r"\1", expression)
    return [
        (name, [MATCHER.match(each.strip())[1] for each in (matchers or "").split(",") if each], window)  # type: ignore[index]
        for name, matchers, window, _ in SELECTOR.findall(text)
        if name not in FUNCTIONS
    ]


@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert["alert"])
def test_an_alert_reads_what_there_is(alert: dict[str, Any]) -> None:
    known = exported()
    expression = alert["expr"]
    read = selectors(expression)
    assert read
    labels = set(FROM_PROMETHEUS)
    for name, matchers, window in read:
        assert name in known, f"nothing exports {name}"
        assert set(matchers) <= known[name], f"{name} has no labels {matchers}"
        counter = name.endswith(("_total", "_count", "_bucket"))
        assert bool(window) == counter, f"{name}: a counter is read over a time, a gauge at a moment"
        labels |= known[name]
    kept = {label.strip() for group in re.findall(r"\bby \(([^)]*)\)", expression) for label in group.split(",")}
    assert kept <= labels
    shown = set(re.findall(r"\$labels\.(\w+)", alert["annotations"]["summary"]))
    assert shown <= kept, "what an annotation shows has to survive the aggregation"


@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert["alert"])
def test_an_expression_is_well_formed(alert: dict[str, Any]) -> None:
    expression = alert["expr"]
    depth = 0
    for character in re.sub(r'"[^"]*"', '""', expression):
        depth += {"(": 1, ")": -1}.get(character, 0)
        assert depth >= 0
    assert depth == 0
    assert re.search(r" > [\d.]+$", expression), "an alert compares with a limit"
    for called in re.findall(r"\b([a-z_]+) ?(?:by \([^)]*\) ?)?\(", expression):
        assert called in FUNCTIONS | {"by"}, called
    for function, counted in re.findall(r"\b(rate|increase)\(([a-z_]+)", expression):
        assert counted.endswith(("_total", "_count", "_bucket")), f"{function} of {counted}"
    if "histogram_quantile" in expression:
        assert re.search(r"by \([^)]*\ble\b", expression), "a quantile needs its buckets"
    assert re.fullmatch(r"\d+[smh]", alert.get("for", "1m"))
    assert alert["labels"]["severity"] in ("page", "ticket")
    assert alert["annotations"]["summary"]


def test_prometheus_gets_in_where_the_metrics_are() -> None:
    policies = [item["spec"] for item in yaml.safe_load_all((ROOT / "k8s/base/network.yaml").read_text())]
    monitoring = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}}}
    for room in ROOMS:
        manifests = yaml.safe_load_all((ROOT / f"k8s/base/{room}.yaml").read_text())
        [pod] = [item["spec"]["template"] for item in manifests if item["kind"] == "Deployment"]
        assert any(
            policy["podSelector"].get("matchLabels", {}).items() <= pod["metadata"]["labels"].items()
            and {"from": [monitoring], "ports": [{"port": "http"}]} in policy.get("ingress", [])
            for policy in policies
        ), room


def test_alerts_have_names_of_their_own() -> None:
    names = [alert["alert"] for alert in ALERTS]
    assert len(names) == len(set(names)) >= 10


def test_the_pool_and_slow_statements_have_alerts() -> None:
    read = {name for alert in ALERTS for name, _, _ in selectors(alert["expr"])}
    assert {"stoa_pool_refused_total", "stoa_pool_wait_seconds_bucket", "stoa_sql_slow_statements_total"} <= read


def test_the_rule_finds_what_nothing_exports() -> None:
    assert selectors('sum by (job) (rate(made_up_total{a="b", c=~"d"}[5m])) > 1') == [
        ("made_up_total", ["a", "c"], "5")
    ]
    assert "made_up_total" not in exported()
