"""What every test may ask for: databases, Redis, identities, started rooms (see ``tests/fixtures``)."""

from __future__ import annotations

import os

import pytest

from tests.fixtures import postgres

pytest_plugins = [
    "tests.fixtures.databases",
    "tests.fixtures.redis",
    "tests.fixtures.identities",
    "tests.fixtures.rooms",
    "tests.supergraph.fleet",
]


def pytest_configure(config: pytest.Config) -> None:
    if "PYTEST_XDIST_WORKER" not in os.environ:
        postgres.begin_run()


def pytest_unconfigure(config: pytest.Config) -> None:
    if "PYTEST_XDIST_WORKER" not in os.environ:
        postgres.end_run()
