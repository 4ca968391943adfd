"""GraphiQL subscribes over a WebSocket with the ``graphql-ws`` client, as apps in browsers do."""

from __future__ import annotations

import os
import shutil

import pytest
from playwright.async_api import async_playwright

from tests.router.gateway.subscriptions.births import BORN_WITH_NOTES, router

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium")
SET_QUERY = "text => document.querySelector('.graphiql-query-editor .CodeMirror').CodeMirror.setValue(text)"
IS_SUBSCRIPTION = """() => document.querySelector('.graphiql-query-editor .CodeMirror').CodeMirror
    .documentAST?.definitions[0]?.operation === 'subscription'"""

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="Debian's package 'chromium' is not installed"),
]


async def test_events_are_shown_as_they_come_and_stopping_ends_the_stream() -> None:
    complaints: list[str] = []
    async with router() as running, async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = await browser.new_page(viewport={"width": 1280, "height": 800})
        page.set_default_timeout(20_000)
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        await page.goto(running.url)
        await page.wait_for_selector(".graphiql-query-editor .CodeMirror")
        await page.evaluate(SET_QUERY, BORN_WITH_NOTES)
        await page.wait_for_function(IS_SUBSCRIPTION)  # it parses what is typed a moment later
        await page.click("button.graphiql-execute-button")
        await running.births.until_followed()
        for key, text in (("1", "note of Ada"), ("2", "note of Bob")):
            await running.births.tell(key)
            await page.wait_for_selector(f".result-window :text('{text}')")
        await page.click("button.graphiql-execute-button")
        await running.births.until_left()
        await browser.close()
    assert complaints == []
