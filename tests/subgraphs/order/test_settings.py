"""The order room refuses settings under which two workers could work on one checkout."""

from __future__ import annotations

import pytest

from subgraphs.kernel.settings import RoomSettings, SettingsError
from subgraphs.order.app import create_app
from subgraphs.order.peers import LEASE_SLACK_SECONDS
from subgraphs.order.repository.sagas import LEASE_SECONDS


def _settings(timeout: str | None) -> RoomSettings:
    environ = {"DATABASE_HOST": "h"}
    return RoomSettings.from_env("order", environ if timeout is None else {**environ, "STOA_PEER_TIMEOUT": timeout})


@pytest.mark.parametrize("timeout", [None, "1", "10"])
def test_a_lease_outlasts_a_call(timeout: str | None) -> None:
    settings = _settings(timeout)
    assert settings.peer_timeout + LEASE_SLACK_SECONDS <= LEASE_SECONDS
    create_app(settings)


@pytest.mark.parametrize("timeout", ["11", "15", "600"])
def test_a_peer_timeout_that_outlasts_the_lease_is_refused_at_the_start(timeout: str) -> None:
    with pytest.raises(SettingsError) as raised:
        create_app(_settings(timeout))
    assert str(raised.value) == (
        "ORDER_STOA_PEER_TIMEOUT (or STOA_PEER_TIMEOUT) must be at most 10 seconds, "
        f"not {timeout}: a checkout's lease of 15 seconds outlasts a call."
    )


def test_the_limit_follows_the_lease(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("subgraphs.order.app.LEASE_SECONDS", LEASE_SLACK_SECONDS + 2)
    with pytest.raises(SettingsError):
        create_app(_settings("3"))
    create_app(_settings("2"))
