"""GraphiQL in headless Chromium: everything it needs comes from the router, and its policy forbids nothing it does."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from playwright.async_api import Page, async_playwright

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium")
ARTIFACTS = Path(__file__).parents[3] / "artifacts"
SET_QUERY = "text => document.querySelector('.graphiql-query-editor .CodeMirror').CodeMirror.setValue(text)"

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="Debian's package 'chromium' is not installed"),
]


@pytest.fixture
async def url(serve: Any) -> AsyncIterator[str]:
    """A gateway on a port of its own."""
    async with serve() as client:
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            server = uvicorn.Server(uvicorn.Config(client.app, lifespan="off", log_config=None, ws="none"))
            running = asyncio.create_task(server.serve(sockets=[listener]))
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
            server.should_exit = True
            await running


async def test_graphiql_loads_offline_and_shows_a_federated_answer(url: str) -> None:
    requested: list[str] = []
    complaints: list[str] = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = await browser.new_page(viewport={"width": 1280, "height": 800})
        page.set_default_timeout(10_000)
        page.on("request", lambda request: requested.append(request.url))
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        await page.goto(f"{url}/graphql")
        await page.wait_for_selector(".graphiql-query-editor .CodeMirror")
        await page.wait_for_selector("text=The book on the left documents every type.")
        await _run(page, '{ person(id: "1") { name friend { name notes { text } } } }', "note of Bob")
        await _complete(page)
        await _open_everything(page)
        ARTIFACTS.mkdir(exist_ok=True)
        await page.screenshot(path=ARTIFACTS / "graphiql-router.png")
        await browser.close()
    assert [address for address in requested if not address.startswith(url)] == []
    assert complaints == []


async def _run(page: Page, query: str, expected: str) -> None:
    await page.evaluate(SET_QUERY, query)
    await page.click("button.graphiql-execute-button")
    await page.wait_for_selector(f".result-window >> text={expected}")


async def _complete(page: Page) -> None:
    """Typing a field name offers what the schema has."""
    await page.evaluate(SET_QUERY, "")
    await page.click(".graphiql-query-editor .CodeMirror")
    await page.keyboard.type("{ hel")
    await page.wait_for_selector(".CodeMirror-hints >> text=hello")
    await page.keyboard.press("Escape")


async def _open_everything(page: Page) -> None:
    """The parts that bring styles of their own."""
    await page.click("button[aria-label='Open settings dialog']")
    await page.wait_for_selector("text=Persist headers", state="detached", timeout=200)
    await page.keyboard.press("Escape")
    await page.click("text=Headers")
    await page.click("button[aria-label='Show History']")
    await page.click("button[aria-label='Show Documentation Explorer']")
    await page.wait_for_selector(".graphiql-doc-explorer >> text=Root Types")
