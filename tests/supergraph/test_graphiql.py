"""The explorer in a real browser: it loads without any network but the router, and shows a federated answer."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, Request, sync_playwright

from tests.supergraph.conftest import ROOT, Shop

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("shop", ["one process"], indirect=True)]

ARTIFACTS = ROOT / "artifacts"
_QUERY = """{
  product(by: {sku: "%s"}) {
    name price { amount } reviews(first: 2) { edges { node { author { displayName } } } }
  }
}"""
_FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync", "--no-first-run"]


@pytest.fixture(scope="module")
def browser_path() -> Path:
    found = shutil.which(os.environ.get("CHROMIUM", "chromium"))
    assert found, "install Chromium (Debian: apt-get install chromium) or set CHROMIUM"
    return Path(found)


@pytest.fixture
def page(browser_path: Path) -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(browser_path), args=_FLAGS)
        try:
            yield browser.new_page(viewport={"width": 1400, "height": 860})
        finally:
            browser.close()


def test_a_query_typed_into_graphiql_is_answered_by_the_graph(shop: Shop, page: Page) -> None:
    elsewhere: list[str] = []
    broken: list[str] = []

    def note(request: Request) -> None:
        if not request.url.startswith((shop.url, "data:", "blob:")):
            elsewhere.append(request.url)

    page.on("request", note)
    page.on("pageerror", lambda error: broken.append(str(error)))
    page.goto(f"{shop.url}/graphql")
    editor = page.locator(".graphiql-query-editor .CodeMirror").first
    editor.wait_for()
    sku = shop.client().ask("{ products(first: 1, sort: BEST_RATED) { nodes { sku } } }")["products"]["nodes"][0]["sku"]
    editor.click()
    page.keyboard.press("Control+A")
    page.keyboard.insert_text(_QUERY % sku)
    page.locator("button.graphiql-execute-button").click()
    answer = page.locator(".graphiql-response .CodeMirror").first
    page.wait_for_function("() => document.querySelector('.graphiql-response')?.innerText.includes('displayName')")
    ARTIFACTS.mkdir(exist_ok=True)
    page.screenshot(path=str(ARTIFACTS / "graphiql.png"))
    text = answer.inner_text()
    assert '"displayName"' in text
    assert '"errors"' not in text
    assert elsewhere == []
    assert broken == []


def test_the_explorer_knows_the_schema(shop: Shop, page: Page) -> None:
    page.goto(f"{shop.url}/graphql")
    page.get_by_label("Show Documentation Explorer").click()
    page.get_by_text("Query", exact=True).first.click()
    page.get_by_text("categories", exact=True).first.wait_for()
