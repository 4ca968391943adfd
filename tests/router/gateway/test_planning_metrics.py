"""What planning took is told to the operator, once for each plan that was made."""

from __future__ import annotations

from typing import Any

from graphql import parse
from prometheus_client.parser import text_string_to_metric_families

from router.planner import Planner
from router.supergraph import Supergraph
from tests.router.gateway.village import SUPERGRAPH


async def test_plans_and_moves_are_those_that_the_planner_reports(client: Any) -> None:
    operations = ["{ people { name notes { text } friend { notes { text } } } }", "{ hello }"]
    planner = Planner(Supergraph.from_sdl(SUPERGRAPH))
    reports = [planner.explain(parse(operation)) for operation in operations]
    for operation in [*operations, *operations]:
        assert "errors" not in await client.ask(operation)
    page = (await client.get("/metrics")).text
    values = {
        sample.name: sample.value
        for family in text_string_to_metric_families(page)
        for sample in family.samples
        if sample.name.startswith("router_planning_") and not sample.labels
    }
    assert values["router_planning_duration_seconds_count"] == 2
    assert (values["router_planning_plans_count"], values["router_planning_moves_count"]) == (2, 2)
    assert values["router_planning_plans_sum"] == sum(report.plans for report in reports)
    assert values["router_planning_moves_sum"] == sum(report.moves for report in reports) > 0
