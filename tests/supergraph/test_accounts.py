"""Accounts in the whole shop: links that come by mail, stolen and forged tokens (scenario 8), being forgotten."""

from __future__ import annotations

import base64
import json
import time
from typing import Any
from uuid import uuid4

import httpx
import jwt
import pytest

from ops.local.mailbox import Mail, Mailbox
from tests.supergraph.conftest import Client, Shop

PASSWORD = "correct horse battery staple"
_AUTH = "tokens { accessToken refreshToken } errors { __typename code ... on LockedOutError { retryAfterSeconds } }"
_MAIL_SECONDS = 60


def newcomer(shop: Shop) -> tuple[Client, str, str]:
    """Somebody new who has signed in; with their address and refresh token."""
    email = f"{uuid4().hex}@example.com"
    client = shop.client()
    person = {"email": email, "password": PASSWORD, "firstName": "Nora", "lastName": "Neu"}
    register = "mutation($i: RegisterInput!) { register(input: $i) { errors { code } } }"
    assert client.ask(register, {"i": person})["register"]["errors"] == []
    tokens = login(client, email)["tokens"]
    client.token = tokens["accessToken"]
    return client, email, tokens["refreshToken"]


def login(client: Client, email: str, password: str = PASSWORD) -> dict[str, Any]:
    operation = f"mutation($e: String!, $p: String!) {{ login(email: $e, password: $p) {{ {_AUTH} }} }}"
    answer: dict[str, Any] = client.ask(operation, {"e": email, "p": password})["login"]
    return answer


def mail_to(shop: Shop, email: str, subject: str) -> Mail:
    """The mail, as soon as it has arrived in the shop's own mailbox."""
    deadline = time.monotonic() + _MAIL_SECONDS
    while time.monotonic() < deadline:
        for mail in Mailbox(shop.data / "mail").latest(500):
            if mail.message["To"] == email and mail.message["Subject"] == subject:
                return mail
        time.sleep(0.1)
    raise AssertionError(f"no mail {subject!r} came to {email}")


def token_in(mail: Mail) -> str:
    return mail.text.partition("#token=")[2].split()[0]


def status(shop: Shop, token: str) -> int:
    """What the router says to a request with this token."""
    headers = {"authorization": f"Bearer {token}"}
    return shop.http.post("/graphql", json={"query": "{ me { id } }"}, headers=headers).status_code


# -- mail -------------------------------------------------------------------------------------------------------------


def test_the_link_of_the_welcome_mail_verifies_the_address(shop: Shop) -> None:
    client, email, _ = newcomer(shop)
    mail = mail_to(shop, email, "Welcome: please confirm your address")
    verify = "mutation($t: String!) { verifyEmail(token: $t) { user { id } errors { code } } }"
    assert client.ask(verify, {"t": token_in(mail)})["verifyEmail"]["errors"] == []
    assert client.ask("{ me { emailVerified } }")["me"] == {"emailVerified": True}
    assert client.ask(verify, {"t": token_in(mail)})["verifyEmail"]["errors"] == [{"code": "INVALID_TOKEN"}]


def test_a_forgotten_password_is_replaced_by_mail_and_ends_every_session(shop: Shop) -> None:
    client, email, refresh = newcomer(shop)
    assert client.token is not None
    asked = shop.client().ask("mutation($e: String!) { requestPasswordReset(email: $e) { ok } }", {"e": email})
    assert asked["requestPasswordReset"] == {"ok": True}
    token = token_in(mail_to(shop, email, "Set a new password"))
    reset = f'mutation($t: String!) {{ resetPassword(token: $t, newPassword: "another long one") {{ {_AUTH} }} }}'
    answer = shop.client().ask(reset, {"t": token})["resetPassword"]
    assert answer["errors"] == []
    assert status(shop, client.token) == 401
    assert status(shop, answer["tokens"]["accessToken"]) == 200
    again = f"mutation($t: String!) {{ refreshToken(refreshToken: $t) {{ {_AUTH} }} }}"
    assert shop.client().ask(again, {"t": refresh})["refreshToken"]["errors"][0]["code"] == "INVALID_REFRESH_TOKEN"
    assert login(shop.client(), email)["errors"][0]["code"] == "INVALID_CREDENTIALS"
    mail_to(shop, email, "Your password was changed")


def test_hidden_operations_are_not_there_for_clients(shop: Shop) -> None:
    client, _, _ = newcomer(shop)
    answer = client.send('mutation { mintLink(kind: "reset_password", tokenId: "x") }')
    assert answer["errors"][0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"


# -- guesses ----------------------------------------------------------------------------------------------------------


def test_guessing_ends_in_a_lockout_whether_or_not_the_account_exists(shop: Shop) -> None:
    _, email, _ = newcomer(shop)
    stories = []
    for address in (email, f"{uuid4().hex}@example.com"):
        story = []
        for _ in range(7):
            (error,) = login(shop.client(), address, "a wrong guess")["errors"]
            story.append((error["code"], 0 < error.get("retryAfterSeconds", 1) <= 30))
        stories.append(story)
    assert stories[0] == stories[1] == [("INVALID_CREDENTIALS", True)] * 5 + [("LOCKED_OUT", True)] * 2
    assert login(shop.client(), email)["errors"][0]["__typename"] == "LockedOutError"
    guess = f'mutation {{ login(email: "{email}", password: "{PASSWORD}") {{ {_AUTH} }} }}'
    answer = shop.http.post("/graphql", json={"query": guess})
    (error,) = answer.json()["data"]["login"]["errors"]
    assert answer.headers["retry-after"] == str(error["retryAfterSeconds"])
    assert answer.json()["extensions"]["retryAfterSeconds"] == {"auth": [error["retryAfterSeconds"]]}


# -- stolen and forged tokens -----------------------------------------------------------------------------------------


def test_a_refresh_token_used_a_third_time_ends_the_whole_family(shop: Shop) -> None:
    client, email, stolen = newcomer(shop)
    refresh = f"mutation($t: String!) {{ refreshToken(refreshToken: $t) {{ {_AUTH} }} }}"
    first = shop.client().ask(refresh, {"t": stolen})["refreshToken"]["tokens"]
    second = shop.client().ask(refresh, {"t": stolen})["refreshToken"]["tokens"]
    assert [status(shop, tokens["accessToken"]) for tokens in (first, second)] == [200, 200], "two tabs"
    third = shop.client().ask(refresh, {"t": stolen})["refreshToken"]
    assert third["errors"][0]["code"] == "INVALID_REFRESH_TOKEN"
    assert [status(shop, tokens["accessToken"]) for tokens in (first, second)] == [401, 401]
    for tokens in (first, second):
        dead = shop.client().ask(refresh, {"t": tokens["refreshToken"]})["refreshToken"]
        assert dead["errors"][0]["code"] == "INVALID_REFRESH_TOKEN"
    assert client.token is not None
    assert status(shop, client.token) == 401
    mail_to(shop, email, "You were signed out")


@pytest.mark.parametrize("forgery", ["none", "HS256 with the public key", "audience", "issuer", "kid", "iat", "exp"])
def test_a_forged_token_is_refused(shop: Shop, forgery: str) -> None:
    client, _, _ = newcomer(shop)
    assert client.token is not None
    header, claims = (
        jwt.get_unverified_header(client.token),
        jwt.decode(client.token, options={"verify_signature": False}),
    )
    private = json.loads((shop.data / "keys" / "auth-clients.jwks.json").read_text())["keys"][0]
    key = jwt.PyJWK(private).key
    assert status(shop, jwt.encode(claims, key, "EdDSA", headers={"kid": header["kid"]})) == 200
    changed = {
        "audience": {"aud": "another"},
        "issuer": {"iss": "another"},
        "iat": {"iat": int(time.time()) + 3600},
        "exp": {"exp": int(time.time()) - 60},
    }.get(forgery, {})
    kid = "unknown" if forgery == "kid" else header["kid"]
    if forgery == "none":
        token = jwt.encode(claims, None, "none", headers={"kid": kid})
    elif forgery.startswith("HS256"):
        public = base64.urlsafe_b64decode(private["x"] + "=")
        token = jwt.encode(claims, public, "HS256", headers={"kid": kid})
    else:
        token = jwt.encode({**claims, **changed}, key, "EdDSA", headers={"kid": kid})
    assert status(shop, token) == 401


def test_a_closed_account_is_refused_at_its_next_request(shop: Shop) -> None:
    client, email, _ = newcomer(shop)
    assert client.token is not None
    user = client.ask("{ me { id } }")["me"]["id"]
    staff = shop.client().log_in("admin@example.com")
    close = """mutation($u: ID!) { setUserActive(userId: $u, active: false, reason: "test") { errors { code } } }"""
    assert staff.ask(close, {"u": user})["setUserActive"]["errors"] == []
    assert status(shop, client.token) == 401
    assert login(shop.client(), email)["errors"][0]["code"] == "INVALID_CREDENTIALS"


# -- devices, and being forgotten -------------------------------------------------------------------------------------


def test_sessions_show_the_device_and_the_address_they_came_from(shop: Shop) -> None:
    _, email, _ = newcomer(shop)
    operation = f"mutation($e: String!, $p: String!) {{ login(email: $e, password: $p) {{ {_AUTH} }} }}"
    headers = {"user-agent": "Telescope/1.0", "x-forwarded-for": "6.6.6.6"}
    body = {"query": operation, "variables": {"e": email, "p": PASSWORD}}
    answer = httpx.post(f"{shop.url}/graphql", json=body, headers=headers, timeout=30).json()
    client = shop.client()
    client.token = answer["data"]["login"]["tokens"]["accessToken"]
    sessions = client.ask("{ mySessions { device ip current } }")["mySessions"]
    assert {"device": "Telescope/1.0", "ip": "127.0.0.1", "current": True} in sessions


def test_a_person_can_be_forgotten(shop: Shop) -> None:
    client, email, _ = newcomer(shop)
    assert client.token is not None
    erase = "mutation($p: String!) { eraseAccount(password: $p) { ok errors { code } } }"
    refused = client.ask(erase, {"p": "wrong"})["eraseAccount"]
    assert refused == {"ok": False, "errors": [{"code": "INVALID_CREDENTIALS"}]}
    assert client.ask(erase, {"p": PASSWORD})["eraseAccount"] == {"ok": True, "errors": []}
    assert status(shop, client.token) == 401
    assert login(shop.client(), email)["errors"][0]["code"] == "INVALID_CREDENTIALS"
