"""What the cluster's router is told agrees with what one machine's is, where it must."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
import yaml

from ops.rooms import ROOT
from router.gateway.config import GatewayConfig, RateLimitsConfig
from router.gateway.config_file import parse_config, read_config_file
from router.gateway.rate_limits import RateClasses
from router.supergraph import Supergraph

MANIFESTS = ROOT / "k8s" / "base" / "router.yaml"


@pytest.fixture(scope="module")
def cluster() -> GatewayConfig:
    """The ConfigMap as the Deployment's container reads it."""
    objects = {item["kind"]: item for item in yaml.safe_load_all(MANIFESTS.read_text())}
    [container] = objects["Deployment"]["spec"]["template"]["spec"]["containers"]
    environ = {each["name"]: each["value"] for each in container["env"]}
    return parse_config(objects["ConfigMap"]["data"]["router.yaml"], Path("/etc/stoa/router"), environ)


@pytest.fixture(scope="module")
def machine() -> GatewayConfig:
    environ = {"STOA_CLIENT_JWKS": "clients.json", "STOA_ROUTER_KEY": "router.pem", "REDIS_URL": "redis://here"}
    return read_config_file(ROOT / "router.yaml", environ)


def limits(config: GatewayConfig) -> RateLimitsConfig:
    assert config.rate_limits is not None
    assert config.rate_limits.enabled
    return config.rate_limits


def test_both_limit_the_same_fields(cluster: GatewayConfig, machine: GatewayConfig) -> None:
    assert list(limits(cluster).fields) == ["credentials"]
    fields = {name: own.fields for name, own in limits(cluster).fields.items()}
    assert fields == {name: own.fields for name, own in limits(machine).fields.items()}


def test_the_fields_exist_and_are_all_that_take_a_password_or_speak_for_nobody(
    machine: GatewayConfig, caplog: pytest.LogCaptureFixture
) -> None:
    schema = Supergraph.from_sdl((ROOT / "schema" / "supergraph.graphql").read_text()).api_schema
    with caplog.at_level(logging.WARNING):
        RateClasses(limits(machine), schema)
    assert caplog.messages == []
    assert schema.mutation_type is not None
    secret = {
        f"Mutation.{name}"
        for name, field in schema.mutation_type.fields.items()
        if {"password", "newPassword", "current", "email", "token"} & field.args.keys()
    }
    listed = set(limits(machine).fields["credentials"].fields)
    assert secret <= listed
    assert listed - secret == {"Mutation.register", "Mutation.createGuestSession"}


def test_the_cluster_s_router_knows_where_clients_are(cluster: GatewayConfig) -> None:
    """Behind an ingress controller every connection comes from the same few addresses."""
    assert (cluster.trusted_proxies, cluster.forward_client_address) == (1, True)
