"""What clients meet: the N+1th call, whose calls are counted together, and every way to ask (S-005)."""

from __future__ import annotations

from typing import Any

import pytest
import redis

from router.gateway.config import FieldRateConfig, IdentityConfig, RateConfig, RateLimitsConfig, RatesConfig
from tests.router.gateway.conftest import GatewayClient, Serve
from tests.router.gateway.subscriptions.births import BORN, router
from tests.router.gateway.test_identity import key_file, token

__all__ = ["key_file"]

HOUR = 3600.0
RENAME = 'mutation { rename(id: "1", name: "Eve") { id } }'


def rates(operations: int) -> RatesConfig:
    """So many in an hour: none comes back while a test runs."""
    return RatesConfig(RateConfig(operations, HOUR), RateConfig(operations, HOUR))


def limits(redis_url: str, operations: int = 3, **settings: Any) -> RateLimitsConfig:
    same = dict.fromkeys(("query", "mutation", "subscription"), rates(operations))
    return RateLimitsConfig(redis_url, timeout=30.0, **{**same, **settings})


async def statuses(client: GatewayClient, count: int, query: str = "{ hello }", **headers: str) -> list[int]:
    """Of so many requests, one after the other."""
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return [(await client.post("/graphql", json={"query": query}, headers=sent)).status_code for _ in range(count)]


async def test_the_call_after_the_last_is_refused(serve: Serve, village: Any, redis_url: str) -> None:
    async with serve(rate_limits=limits(redis_url)) as client:
        assert await statuses(client, 3) == [200] * 3
        asked = village.asked
        response = await client.post("/graphql", json={"query": "{ hello }"})
        assert (response.status_code, response.headers["content-type"]) == (429, "application/json; charset=utf-8")
        seconds = int(response.headers["retry-after"])
        assert 0 < seconds <= 1200  # a third of the hour
        assert response.headers["ratelimit-policy"] == '"query";q=3;w=3600'
        assert response.headers["ratelimit"] == f'"query";r=0;t={seconds}'
        assert response.json() == {
            "errors": [
                {
                    "message": f"Too many requests of this kind. Try again in {seconds} s.",
                    "extensions": {"code": "RATE_LIMITED", "limit": "query", "retryAfterSeconds": seconds},
                }
            ]
        }
        accepting = {"accept": "application/graphql-response+json"}
        typed = await client.get("/graphql", params={"query": "{ hello }"}, headers=accepting)
        assert (typed.status_code, typed.headers["content-type"].partition(";")[0]) == (429, accepting["accept"])
        assert village.asked == asked
        assert await statuses(client, 4, RENAME) == [200, 200, 200, 429]  # of another class
        metrics = (await client.get("/metrics")).text
    for line in (
        'router_rate_limit_decisions_total{limit="query",outcome="allowed"} 3.0',
        'router_rate_limit_decisions_total{limit="query",outcome="refused"} 2.0',
        'router_rate_limit_decisions_total{limit="mutation",outcome="allowed"} 3.0',
        'router_rate_limit_decisions_total{limit="mutation",outcome="refused"} 1.0',
        'router_graphql_errors_total{code="RATE_LIMITED"} 3.0',
        'router_phase_duration_seconds_count{phase="limit"} 6.0',
    ):
        assert line in metrics.splitlines(), line


async def test_what_is_refused_is_not_even_planned(serve: Serve, village: Any, redis_url: str) -> None:
    async with serve(rate_limits=limits(redis_url)) as client:
        assert await statuses(client, 3) == [200] * 3
        for n in range(3):  # operations that are new
            assert await statuses(client, 1, f'{{ hello(name: "{n}") }}') == [429]
        planned = "router_planning_duration_seconds_count 1.0"
        assert planned in (await client.get("/metrics")).text.splitlines()
        assert village.asked == 3


async def test_time_gives_back_what_was_spent(serve: Serve, redis_url: str) -> None:
    async with serve(rate_limits=limits(redis_url)) as client:
        assert await statuses(client, 3) == [200] * 3
        with redis.Redis.from_url(redis_url) as store:
            (key,) = store.keys("rate:*")
            assert key == b"rate:query:address:127.0.0.1"
            store.decrby(key, 1_200_000_000)  # as if a third of the hour had passed
        assert await statuses(client, 2) == [200, 429]


async def test_who_comes_back_when_told_to_is_let_in(serve: Serve, redis_url: str) -> None:
    import asyncio

    settings = limits(redis_url, query=RatesConfig(RateConfig(1, 1.0), RateConfig(1, 1.0)))
    async with serve(rate_limits=settings) as client:
        for _ in range(1000):
            response = await client.post("/graphql", json={"query": "{ hello }"})
            if response.status_code == 429:
                break
        await asyncio.sleep(int(response.headers["retry-after"]))
        assert await statuses(client, 1) == [200]


async def test_who_does_not_wait_costs_redis_nothing(serve: Serve, redis_url: str) -> None:
    """But one question a second: with other requests between, and whatever their cost."""
    async with serve(rate_limits=limits(redis_url, fields=GUESSES)) as client:
        assert await statuses(client, 5, guesses(1)) == [200] * 4 + [429]
        with redis.Redis.from_url(redis_url) as store:
            store.config_resetstat()
            waits = []
            for n in range(40):
                refused = await client.post("/graphql", json={"query": guesses(1 + n % 2)})
                assert refused.status_code == 429
                waits.append(int(refused.headers["retry-after"]))
            asked = store.info("commandstats").get("cmdstat_evalsha", {"calls": 0})["calls"]
        assert asked < 20
        assert {0 < one <= 900 < two <= 1800 for one, two in zip(waits[::2], waits[1::2], strict=True)} == {True}
        assert await statuses(client, 1, "{ hello }") == [200]


async def test_what_is_not_valid_counts_nothing(serve: Serve, redis_url: str) -> None:
    async with serve(rate_limits=limits(redis_url)) as client:
        assert await statuses(client, 5, "{ nothing }") == [200] * 5
        assert await statuses(client, 4) == [200, 200, 200, 429]


async def test_clients_do_not_disturb_each_other(serve: Serve, key_file: Any, redis_url: str) -> None:
    identity = IdentityConfig("issuer", "shop", jwks_file=key_file)
    async with serve(identity=identity, trusted_proxies=1, rate_limits=limits(redis_url)) as client:
        ada, bob = (f"Bearer {token(sub=name)}" for name in ("ada", "bob"))
        first, second = "198.51.100.1", "198.51.100.2"
        assert await statuses(client, 5, authorization=ada, x_forwarded_for=first) == [200] * 3 + [429] * 2
        assert await statuses(client, 3, authorization=bob, x_forwarded_for=first) == [200] * 3
        assert await statuses(client, 1, authorization=bob, x_forwarded_for=second) == [429]  # the same person
        assert await statuses(client, 4, x_forwarded_for=first) == [200] * 3 + [429]
        assert await statuses(client, 3, x_forwarded_for=second) == [200] * 3


async def test_a_refused_token_counts_for_nobody(serve: Serve, key_file: Any, redis_url: str) -> None:
    identity = IdentityConfig("issuer", "shop", jwks_file=key_file)
    async with serve(identity=identity, rate_limits=limits(redis_url)) as client:
        forged = f"Bearer {token(aud='elsewhere')}"
        assert await statuses(client, 5, authorization=forged) == [401] * 5
        assert await statuses(client, 4) == [200] * 3 + [429]


@pytest.mark.parametrize(
    ("proxies", "forwarded"),
    [
        (0, "198.51.100.{n}"),
        (1, "198.51.100.{n}, 203.0.113.7"),
        (1, "198.51.100.{n},,203.0.113.7"),
        (1, "nonsense{n}"),
        (2, "198.51.100.{n}"),  # came past a proxy
        (1, "2001:db8:0:1::{n}"),  # one subscriber has them all
        (1, "::ffff:203.0.113.7"),
    ],
)
async def test_a_forged_address_evades_nothing(serve: Serve, redis_url: str, proxies: int, forwarded: str) -> None:
    async with serve(trusted_proxies=proxies, rate_limits=limits(redis_url)) as client:
        found = [(await statuses(client, 1, x_forwarded_for=forwarded.format(n=n)))[0] for n in range(1, 6)]
        assert found == [200] * 3 + [429] * 2


GUESSES = {"guesses": FieldRateConfig(4, HOUR, ("Mutation.rename",))}


def guesses(count: int) -> str:
    return "mutation { " + " ".join(f'g{n}: rename(id: "1", name: "{n}") {{ id }}' for n in range(count)) + " }"


async def test_an_alias_saves_nothing(serve: Serve, village: Any, redis_url: str) -> None:
    async with serve(rate_limits=limits(redis_url, fields=GUESSES)) as client:
        assert await statuses(client, 1, guesses(3)) == [200]
        asked = village.asked
        refused = await client.post("/graphql", json={"query": guesses(2)})
        assert (refused.status_code, refused.headers["ratelimit"].partition(";t=")[0]) == (429, '"guesses";r=1')
        assert village.asked == asked
        assert await statuses(client, 2, guesses(1)) == [200, 429]


async def test_more_than_is_ever_allowed_is_refused_and_counts_nothing(
    serve: Serve, village: Any, redis_url: str
) -> None:
    async with serve(rate_limits=limits(redis_url, fields=GUESSES)) as client:
        response = await client.post("/graphql", json={"query": guesses(5)})
        assert (response.status_code, response.headers["retry-after"]) == (429, "3600")
        (error,) = response.json()["errors"]
        assert error["message"] == "This operation counts 5 times against a limit of 4. Send it in parts."
        assert village.asked == 0
        assert await statuses(client, 1, guesses(4)) == [200]


async def test_fields_with_a_limit_are_counted_by_address_whoever_calls(
    serve: Serve, key_file: Any, redis_url: str
) -> None:
    identity = IdentityConfig("issuer", "shop", jwks_file=key_file)
    async with serve(identity=identity, rate_limits=limits(redis_url, fields=GUESSES)) as client:
        callers = [f"Bearer {token(sub=f'u-{n}')}" for n in range(5)]
        found = [(await statuses(client, 1, guesses(1), authorization=caller))[0] for caller in callers]
        assert found == [200] * 4 + [429]


async def test_an_operation_that_one_limit_refuses_counts_in_none(serve: Serve, key_file: Any, redis_url: str) -> None:
    identity = IdentityConfig("issuer", "shop", jwks_file=key_file)
    own = {"fields": GUESSES, "query": rates(1)}
    both = 'mutation { rename(id: "1", name: "x") { id } erase(id: "1") }'
    async with serve(identity=identity, rate_limits=limits(redis_url, 2, **own)) as client:
        authorization = f"Bearer {token()}"
        assert await statuses(client, 4, both, authorization=authorization) == [200, 200, 429, 429]
        assert await statuses(client, 3, guesses(1), authorization=authorization) == [200, 200, 429]


async def test_a_disabled_limiter_is_not_there(serve: Serve) -> None:
    settings = limits("redis://127.0.0.1:1", 1, enabled=False)
    async with serve(rate_limits=settings) as client:
        assert await statuses(client, 3) == [200] * 3
        assert 'phase="limit"' not in (await client.get("/metrics")).text


async def test_subscriptions_are_counted_when_they_start(redis_url: str) -> None:
    async with router(rate_limits=limits(redis_url, 2)) as running, running.socket() as client:
        for name in ("a", "b", "c"):
            await client.subscribe(BORN, name)
        refused = await client.hear()
        assert (refused["type"], refused["id"]) == ("error", "c")
        (error,) = refused["payload"]
        assert (error["extensions"]["code"], error["extensions"]["limit"]) == ("RATE_LIMITED", "subscription")
        assert 0 < error["extensions"]["retryAfterSeconds"] <= 1800
        await running.births.until_followed(2)
        for _ in range(4):
            await running.births.tell("1")
            assert {(await client.hear())["id"], (await client.hear())["id"]} == {"a", "b"}
        await client.subscribe("{ hello }", "q")
        assert (await client.hear())["type"] == "next"  # of another class
        assert len(running.births.requests) == 2


@pytest.mark.parametrize("accept", ["text/event-stream", "multipart/mixed;subscriptionSpec=1.0"])
async def test_streams_are_refused_before_they_begin(accept: str, redis_url: str) -> None:
    import httpx

    async with router(rate_limits=limits(redis_url, 1)) as running, httpx.AsyncClient(timeout=30) as http:
        asking = {"json": {"query": BORN}, "headers": {"accept": accept}}
        async with http.stream("POST", running.url, **asking) as first:
            assert first.status_code == 200
            refused = await http.post(running.url, **asking)
            assert (refused.status_code, refused.headers["content-type"]) == (429, "application/json; charset=utf-8")
            assert 0 < int(refused.headers["retry-after"]) <= 3600
            assert refused.json()["errors"][0]["extensions"]["code"] == "RATE_LIMITED"


async def test_the_init_message_is_not_believed_about_the_address(redis_url: str) -> None:
    """A router behind a proxy, which forwards that header, too: what the proxy wrote stands in the upgrade only."""
    settings = {"trusted_proxies": 1, "propagate_headers": ("x-forwarded-for",), "rate_limits": limits(redis_url, 2)}
    async with router(**settings) as running:
        found = []
        for n in range(4):
            init = {"x-forwarded-for": f"198.51.100.{n}"}
            headers = {"x-forwarded-for": "203.0.113.7"}
            async with running.socket(init=init, additional_headers=headers) as client:
                await client.subscribe("{ hello }")
                found.append((await client.hear())["type"])
        assert found == ["next", "next", "error", "error"]
