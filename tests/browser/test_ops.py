"""The overview in a browser: it follows what changes, asks before it acts, and reads well."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from app_srvc.queues import Queue
from tests.ops.making import busy, execute, job, worker
from tests.support import processing
from tests.support.browsing import enter, unfold
from tests.support.rows import scalar
from tests.support.web import Web


def test_what_changes_is_seen_and_what_is_open_stays_open(page: Page, app: Flask, web: Web) -> None:
    worker("w", *Queue)
    execute("UPDATE workers SET seen_at = now() + interval '1 hour'")
    execute(
        "INSERT INTO ops_samples SELECT 'stt', date_trunc('minute', now()) - interval '1 minute',"
        " 5, 1, 9, 3, 2"
    )
    enter(page, app, web)
    page.goto("/ops/")
    expect(page.get_by_text("All is well.")).to_be_visible()
    table = page.get_by_text("The same as a table")
    table.focus()
    page.keyboard.press("Enter")

    execute("UPDATE workers SET seen_at = now() - interval '31 seconds'")
    execute("UPDATE ops_samples SET waiting = 6")
    job("waiting")
    expect(page.get_by_text("No worker is alive")).to_be_visible()
    expect(page.get_by_role("link", name="1 job waits in the queue")).to_be_visible()
    expect(page.get_by_text("At most 6 waited; 3 done, 2 failed.")).to_be_visible()
    expect(page.get_by_role("cell", name="6", exact=True)).to_be_visible()
    expect(table).to_be_focused()


def test_who_is_asked_is_not_disturbed_and_then_all_of_a_kind_wait(
    page: Page, app: Flask, web: Web
) -> None:
    worker("w", *Queue)
    for _number in range(2):
        job("failed", reason="The file is no good.")
    job("failed", reason="Another reason.")
    enter(page, app, web)
    page.goto("/ops/")

    page.locator("summary", has_text="All of this kind").first.click()
    button = page.get_by_role("button", name="Try them again: The file is no good.")
    expect(button).to_be_visible()
    handle = button.element_handle()
    job("failed", reason="A third reason.")
    with page.expect_response(lambda answer: answer.url.endswith("/ops/")):
        pass
    assert handle.is_visible()
    button.click()
    expect(page.get_by_text("2 jobs wait again.")).to_be_visible()
    expect(page.get_by_text("A third reason.")).to_be_visible()
    assert scalar("SELECT count(*) FROM jobs WHERE state = 'waiting'") == 2


def test_a_server_that_is_gone_is_told(page: Page, app: Flask, web: Web) -> None:
    enter(page, app, web)
    page.goto("/ops/")
    page.route("**/ops/", lambda route: route.abort())
    expect(page.get_by_text("The server does not answer")).to_be_visible()

    page.unroute("**/ops/")
    expect(page.get_by_text("The server does not answer")).to_be_hidden()


def test_everything_works_without_scripts(plain: Page, app: Flask, web: Web) -> None:
    job("failed", reason="The file is no good.")
    enter(plain, app, web)
    plain.goto("/")
    plain.get_by_role("link", name="Overview").click()
    plain.get_by_text("All of this kind").click()
    plain.get_by_role("button", name="Try them again").click()
    expect(plain.get_by_text("1 job waits again.")).to_be_visible()
    job("waiting", "usrreg")
    plain.get_by_role("link", name="Show how it stands now").click()
    expect(plain.get_by_role("link", name="queue “registration”")).to_be_visible()


@pytest.mark.parametrize("language", ["en", "uk", "zh-TW"])
def test_nothing_keeps_anybody_out(language: str, browser: Browser, app: Flask, web: Web) -> None:
    processing.boxed(processing.processor(), 2)
    execute("DELETE FROM workers")
    busy("Wolfeschlegelsteinhausenberger" * 3)
    for width, scheme in ((1200, "light"), (390, "dark")):
        context = browser.new_context(
            base_url=web.url, viewport={"width": width, "height": 800}, locale=language,
            color_scheme=scheme,  # type: ignore[arg-type]
        )  # fmt: skip
        window = context.new_page()
        enter(window, app, web, f"olena{width}")
        window.goto("/ops/")
        unfold(window)
        results = Axe().run(window)
        assert results.violations_count == 0, results.generate_report()
        assert window.evaluate("document.documentElement.scrollWidth") <= width
        context.close()
