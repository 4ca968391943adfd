"""The order room refuses settings under which two workers could work on one checkout."""

from __future__ import annotations

import pytest

from subgraphs.kernel.settings import RoomSettings, SettingsError
from subgraphs.order.app import create_app
from subgraphs.order.repository.sagas import LEASE_SECONDS


def _settings(timeout: str | None) -> RoomSettings:
    environ = {"DATABASE_HOST": "h"}
    return RoomSettings.from_env("order", environ if timeout is None else {**environ, "STOA_PEER_TIMEOUT": timeout})


@pytest.mark.parametrize("timeout", [None, "1", "7"])
def test_a_lease_outlasts_a_call_and_its_repetition(timeout: str | None) -> None:
    settings = _settings(timeout)
    assert 2 * settings.peer_timeout < LEASE_SECONDS
    create_app(settings)


@pytest.mark.parametrize("timeout", ["8", "15", "600"])
def test_a_peer_timeout_that_outlasts_the_lease_is_refused_at_the_start(timeout: str) -> None:
    with pytest.raises(SettingsError) as raised:
        create_app(_settings(timeout))
    assert str(raised.value) == (
        "ORDER_STOA_PEER_TIMEOUT (or STOA_PEER_TIMEOUT) must be less than 7.5 seconds, "
        f"not {timeout}: a checkout's lease of 15 seconds outlasts two calls."
    )


def test_exactly_twice_is_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("subgraphs.order.app.LEASE_SECONDS", 4.0)
    with pytest.raises(SettingsError):
        create_app(_settings("2"))
    create_app(_settings("1"))
