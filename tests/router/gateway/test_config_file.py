"""``router.yaml``: strict, with environment variables, and one sentence for what is wrong."""

from pathlib import Path

import pytest

from router.gateway.config import (
    ConfigError,
    FieldRateConfig,
    GatewayConfig,
    RateConfig,
    RateLimitsConfig,
    RatesConfig,
    SessionConfig,
    SubgraphConfig,
)
from router.gateway.config_file import parse_config, read_config_file

FOLDER = Path("/etc/router")


def parse(text: str, **environment: str) -> GatewayConfig:
    return parse_config(text, FOLDER, environment)


def test_an_empty_file_is_the_default() -> None:
    assert parse("") == GatewayConfig()


def test_everything_can_be_set() -> None:
    config = parse(
        """
        listen: {host: 0.0.0.0, port: 4100, path: /api, drain_seconds: 2}
        supergraph: schema/supergraph.graphql
        subgraphs:
          order: {url: "http://order:8000/graphql", timeout: 2.5}
        timeout: 8
        limits: {body_bytes: 1000, tokens: 10, depth: 3, aliases: 2, root_fields: 1, fields: 9}
        rate_limits:
          redis_url: redis://counts
          query: {caller: {operations: 100}, address: {operations: 50, seconds: 1}}
          fields: {credentials: {operations: 5, seconds: 30, fields: [Mutation.login]}}
        introspection: false
        graphiql: {enabled: false}
        errors: {mask: false}
        identity:
          jwks_url: https://auth/.well-known/jwks.json
          issuer: stoa-auth
          audience: stoa
          leeway: 5
          session: {redis_url: "redis://cache", on_redis_down: allow}
          forward: {key_file: keys/router.pem}
        csrf: {strict: true}
        cors: {origins: ["https://shop.example"], credentials: true}
        propagate_headers: [traceparent]
        forward_extensions: [sql]
        """
    )
    assert config.listen.port == 4100
    assert config.supergraph == FOLDER / "schema/supergraph.graphql"
    assert config.subgraphs == {"order": SubgraphConfig("http://order:8000/graphql", 2.5)}
    assert (config.subgraph_timeout("order"), config.subgraph_timeout("user")) == (2.5, 8.0)
    assert config.identity is not None
    assert config.identity.session == SessionConfig("redis://cache", on_redis_down="allow")
    assert config.identity.forward is not None
    assert config.identity.forward.key_file == FOLDER / "keys/router.pem"
    assert config.forward_extensions == ("sql",)
    assert config.introspection is False
    assert config.rate_limits == RateLimitsConfig(
        "redis://counts",
        query=RatesConfig(RateConfig(100), RateConfig(50, 1.0)),
        fields={"credentials": FieldRateConfig(5, 30.0, ("Mutation.login",))},
    )


def test_environment_variables_are_substituted_and_keep_the_type_asked_for() -> None:
    config = parse(
        """
        listen: {port: "${PORT}", host: "${HOST:-::1}"}
        introspection: ${INTROSPECTION:-false}
        graphiql: {default_query: "costs $$5 ${WHAT}"}
        """,
        PORT="4001",
        WHAT="123",
    )
    assert (config.listen.port, config.listen.host, config.introspection) == (4001, "::1", False)
    assert config.graphiql.default_query == "costs $5 123"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("listn: {}", "listn is not a setting (did you mean listen?)"),
        ("limits: {deep: 3}", "limits.deep is not a setting (did you mean depth?)"),
        ("limits: {zzz: 3}", "limits.zzz is not a setting (known here: body_bytes, tokens, depth, aliases, "
         "root_fields, fields, deferred_fragments, preparing)"),
        ("listen: {port: x}", "listen.port must be a whole number from 0, not 'x'"),
        ("listen: {port: true}", "listen.port must be a whole number from 0, not True"),
        ("timeout: -1", "timeout must be a number from 0, not -1"),
        ("timeout: .inf", "timeout must be a number from 0, not inf"),
        ("introspection: 1", "introspection must be true or false, not 1"),
        ("propagate_headers: traceparent", "propagate_headers must be a list, not 'traceparent'"),
        ("propagate_headers: [1]", "propagate_headers[0] must be a text, not 1"),
        ("trusted_proxies: -1", "trusted_proxies must be a whole number from 0, not -1"),
        ("propagate_headers: [Cookie]", "propagate_headers may not contain cookie"),
        ("subgraphs: {order: {url: [1]}}", "subgraphs.order.url must be a text, not a list"),
        ("cors: nothing", "cors must be a mapping, not 'nothing'"),
        ("- 1", "the document must be a mapping, not a list"),
        ("identity: {issuer: a, audience: b}", "identity needs exactly one of jwks_url and jwks_file"),
        ("identity: {issuer: a}", "identity.audience is missing"),
        ("identity: {issuer: a, audience: b, jwks_url: c, session: {redis_url: d, on_redis_down: maybe}}",
         "identity.session.on_redis_down must be 'deny' or 'allow', not 'maybe'"),
        ("rate_limits: {}", "rate_limits.redis_url is missing"),
        ("rate_limits: {redis_url: a, query: {caller: {operations: 0}, address: {operations: 1}}}",
         "a rate limit is 1 to 1000000 operations in 1 to 86400 seconds"),
        ("rate_limits: {redis_url: a, fields: {x: {operations: 1, seconds: 0.5}}}",
         "a rate limit is 1 to 1000000 operations in 1 to 86400 seconds"),
        ("rate_limits: {redis_url: a, fields: {x: {operations: 1, fields: [Q.a]}, y: {operations: 1, fields: [Q.a]}}}",
         "rate_limits.fields limits Q.a twice"),
        ("rate_limits: {redis_url: a, fields: {query: {operations: 1, fields: [Q.a]}}}",
         "rate_limits.fields.query needs another name: a word that is no operation type's"),
        ("rate_limits: {redis_url: a, fields: {'a b': {operations: 1, fields: [Q.a]}}}",
         "rate_limits.fields.a b needs another name: a word that is no operation type's"),
        ("cors: {origins: ['*'], credentials: true}", "cors.credentials cannot be combined with the origin '*'"),
        ("listen: {port: '${PORT}'}", "listen.port needs the environment variable PORT, which is not set"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_one_sentence(text: str, message: str) -> None:
    with pytest.raises(ConfigError) as raised:
        parse(text)
    assert str(raised.value) == message


def test_what_is_not_yaml_is_said_in_one_line() -> None:
    with pytest.raises(ConfigError, match=r"^is not YAML: [^\n]*$"):
        parse("a: [")


def test_the_file_is_named(tmp_path: Path) -> None:
    file = tmp_path / "router.yaml"
    with pytest.raises(ConfigError, match=r"router.yaml: cannot be read \(No such file or directory\)"):
        read_config_file(file)
    file.write_text("a: 1")
    with pytest.raises(ConfigError, match=r"router.yaml: a is not a setting"):
        read_config_file(file)
    file.write_bytes(b"\xff")
    with pytest.raises(ConfigError, match=r"router.yaml: is not UTF-8 text"):
        read_config_file(file)
