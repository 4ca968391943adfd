"""A process of the stack knows its own secrets only (S-002)."""

from __future__ import annotations

from ops.local.processes import environment_of

ENVIRON = {
    "PATH": "/usr/bin",
    "REDIS_URL": "redis://127.0.0.1:1",
    "ORDER_DATABASE_PASSWORD": "order's",
    "PAYMENT_DATABASE_PASSWORD": "payment's",
    "PAYMENT_STOA_SERVICE_KEY": "/keys/payment.pem",
    "PAYMENT_URL": "http://127.0.0.1:4005",
}


def test_a_service_gets_its_own_settings_and_its_peers_addresses() -> None:
    assert environment_of("order", ENVIRON) == {
        "PATH": "/usr/bin",
        "REDIS_URL": "redis://127.0.0.1:1",
        "ORDER_DATABASE_PASSWORD": "order's",
        "PAYMENT_URL": "http://127.0.0.1:4005",
    }


def test_the_router_gets_no_database() -> None:
    assert environment_of("router", ENVIRON) == {
        "PATH": "/usr/bin",
        "REDIS_URL": "redis://127.0.0.1:1",
        "PAYMENT_URL": "http://127.0.0.1:4005",
    }
