"""Which media type answers (RFC 9110 §12.5.1, GraphQL over HTTP "Accept")."""

import pytest

from router.gateway.negotiation import MediaType, media_type, prefers_html, require_json_body

JSON, GRAPHQL = MediaType.JSON, MediaType.GRAPHQL


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (None, JSON),
        (b"", JSON),
        (b"*/*", JSON),
        (b"application/*", JSON),
        (b"application/json", JSON),
        (b"APPLICATION/JSON; charset=utf-8", JSON),
        (b"application/graphql-response+json", GRAPHQL),
        (b"application/graphql-response+json, application/json;q=0.9", GRAPHQL),
        (b"application/json, application/graphql-response+json", JSON),
        (b"application/graphql-response+json, application/json", GRAPHQL),
        (b"application/json;q=0.1, */*", GRAPHQL),
        (b"application/json;q=0, */*;q=0.5", GRAPHQL),
        (b"application/json, multipart/mixed", JSON),
        (b"multipart/mixed;deferSpec=20220824, application/graphql-response+json, application/json", GRAPHQL),
        (b"application/graphql-response+json, application/graphql+json, application/json, text/event-stream", GRAPHQL),
        (b"text/html, */*;q=0.8", JSON),
        (b"text/html", None),
        (b"application/json;q=0", None),
        (b"application/json;q=never", None),
        (b"multipart/mixed", None),
        (b";;,,=;q", None),
    ],
)
def test_media_type(accept: bytes | None, expected: MediaType | None) -> None:
    assert media_type(accept) is expected


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (None, False),
        (b"*/*", False),
        (b"application/*", False),
        (b"application/json", False),
        (b"text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8", True),
        (b"text/html;q=0.5, application/json", False),
        (b"text/html", True),
    ],
)
def test_prefers_html(accept: bytes | None, expected: bool) -> None:
    assert prefers_html(accept) is expected


@pytest.mark.parametrize(
    ("content_type", "accepted"),
    [
        (b"application/json", True),
        (b"application/json; charset=utf-8", True),
        (b'Application/JSON;charset="UTF-8"', True),
        (b"application/json; charset=latin-1", False),
        (b"text/plain", False),
        (b"multipart/form-data; boundary=x", False),
        (b"application/jsonp", False),
        (None, False),
    ],
)
def test_only_json_in_utf8_is_read(content_type: bytes | None, accepted: bool) -> None:
    problem = require_json_body(content_type)
    assert (problem is None) is accepted
    assert problem is None or problem.status == 415
