"""GraphiQL, shipped in ``router/gateway/graphiql``: a page that loads without internet.

The page is served at ``/`` and to browsers that GET the endpoint; its assets under ``/graphiql/``.
"""

from __future__ import annotations

import gzip
from functools import cache
from hashlib import blake2b
from html import escape
from pathlib import Path
from string import Template
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from router.gateway.config import GraphiQLConfig

__all__ = ["Explorer"]

_FOLDER = Path(__file__).parent / "graphiql"
_ASSETS = {"graphiql.js": "text/javascript; charset=utf-8", "graphiql.css": "text/css; charset=utf-8"}
_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self' 'unsafe-inline'",  # its dialogs write style elements
        "font-src 'self' data:",
        "img-src 'self' data:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
_DEFAULT_QUERY = """\
# Ask the whole graph here; the router finds
# the subgraphs that answer.
#
#   Ctrl-Space     completes what you type
#   Ctrl-Enter     runs the operation
#   Shift-Ctrl-P   tidies the text
#
# The book on the left documents every type.
# To call as a user, write into Headers below:
#   {"Authorization": "Bearer <access token>"}

{
  __typename
}
"""


class Explorer:
    """The page and its assets."""

    def __init__(self, config: GraphiQLConfig, endpoint: str) -> None:
        text = (_FOLDER / "index.html").read_text(encoding="utf-8")
        query = _DEFAULT_QUERY if config.default_query is None else config.default_query
        self._page = Template(text).substitute(
            endpoint=escape(endpoint.lstrip("/")), default_query=escape(query, quote=True).replace("\n", "&#10;")
        )

    def page(self) -> Response:
        """The page, under a Content-Security-Policy that lets it speak to this router only."""
        return HTMLResponse(
            self._page,
            headers={
                "content-security-policy": _POLICY,
                "x-content-type-options": "nosniff",
                "referrer-policy": "no-referrer",
                "cache-control": "no-cache",
                "vary": "Accept, Origin",
            },
        )

    def routes(self) -> list[Route]:
        """``/`` and the assets."""
        return [Route("/", self._index, methods=["GET"]), Route("/graphiql/{name}", _asset, methods=["GET"])]

    async def _index(self, request: Request) -> Response:
        return self.page()


async def _asset(request: Request) -> Response:
    name = request.path_params["name"]
    if name not in _ASSETS:
        return PlainTextResponse("Not found", 404)
    asset = _read(name)
    headers = {"etag": asset.etag, "cache-control": "no-cache", "vary": "Accept-Encoding"}
    if request.headers.get("if-none-match") == asset.etag:
        return Response(status_code=304, headers=headers)
    headers["x-content-type-options"] = "nosniff"
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(asset.zipped, headers=headers | {"content-encoding": "gzip"}, media_type=_ASSETS[name])
    return Response(asset.plain, headers=headers, media_type=_ASSETS[name])


class _Asset(NamedTuple):
    plain: bytes
    zipped: bytes
    etag: str


@cache
def _read(name: str) -> _Asset:
    plain = (_FOLDER / name).read_bytes()
    return _Asset(plain, gzip.compress(plain, 6, mtime=0), f'"{blake2b(plain, digest_size=12).hexdigest()}"')
