"""Processors in a browser: what changes is seen at once, with scripts and without."""

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from app_srvc import db
from app_srvc.processors.repository import loops, records
from tests.support import processing
from tests.support.browsing import enter, unfold
from tests.support.web import Web


def card(window: Page, name: str) -> Any:
    """Return the number under a word."""
    return window.locator(f".figures .{name} dd")


def test_all_figures_are_live_and_the_focus_stays(page: Page, app: Flask, web: Web) -> None:
    processor_id = processing.processor()
    processing.add(processor_id, "a", "b", "c")
    processing.worker()
    enter(page, app, web)
    listed = page.context.new_page()
    listed.goto("/processors/")
    page.goto("/processors/letters")

    page.get_by_role("button", name="Start: Letters").click()
    expect(page.get_by_text("It waits for records.")).to_be_visible()
    page.get_by_label("Attempts, at most").fill("77")
    processing.claim(processor_id)
    one, other = processing.take(processor_id, 2)
    expect(page.get_by_text("A cycle is under way.")).to_be_visible()
    expect(card(page, "running")).to_have_text("2")
    expect(page.get_by_role("link", name="a", exact=True)).to_be_visible()
    expect(card(listed, "running")).to_have_text("2")
    with db.transaction() as conn:
        assert records.complete(conn, one)
    processing.fail(other)
    expect(page.get_by_text("2 of 3 handled")).to_be_visible()
    expect(card(page, "dead")).to_have_text("1")
    # What somebody has begun to write is not touched.
    assert page.get_by_label("Attempts, at most").input_value() == "77"

    page.get_by_role("button", name="Pause: Letters").focus()
    with db.transaction() as conn:
        loops.pause(conn, processor_id)
    expect(page.get_by_role("button", name="Start: Letters")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_text("A cycle is under way.")).to_be_visible()
    expect(page.get_by_text("Nothing moves.")).to_be_hidden()
    with db.transaction() as conn:
        conn.cursor().execute("DELETE FROM workers")
    expect(page.get_by_text("Nothing moves.")).to_be_visible()
    expect(listed.get_by_text("Nothing moves.")).to_be_visible()

    processing.processor("others")
    expect(listed.get_by_role("heading", name="Others")).to_be_visible()


def test_a_box_is_emptied_with_the_keyboard(page: Page, app: Flask, web: Web) -> None:
    processing.boxed(processing.processor(), 3)
    enter(page, app, web)
    page.goto("/processors/letters/records/?status=dead")

    page.get_by_label("Tick permanent-0").focus()
    page.keyboard.press("Space")
    page.get_by_label("Tick all on this page").check()
    assert page.get_by_label("Tick permanent-2").is_checked()
    page.get_by_label("Tick permanent-2").uncheck()
    page.get_by_role("button", name="Handle anew, same key").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("2 records were changed.")).to_be_visible()
    expect(page.get_by_role("link", name="permanent-2")).to_be_visible()
    expect(page.get_by_role("link", name="permanent-1")).to_have_count(0)


def test_everything_works_without_scripts(plain: Page, app: Flask, web: Web) -> None:
    enter(plain, app, web)
    plain.goto("/processors/")
    plain.get_by_label("Name").fill("letters")
    plain.get_by_label("Title").fill("Letters")
    plain.get_by_role("button", name="Add").click()
    plain.get_by_label("Handled at the same time, at most").fill("9")
    plain.get_by_role("button", name="Save the parameters").click()
    expect(plain.get_by_text("The parameters are saved")).to_be_visible()
    plain.get_by_role("button", name="Start: Letters").click()
    expect(plain.get_by_text("It waits for records.")).to_be_visible()
    plain.get_by_role("link", name="Show how it stands now").click()
    plain.get_by_role("button", name="Stop: Letters").click()
    plain.get_by_text("Delete this processor").click()
    plain.get_by_role("button", name="Delete for good").click()
    expect(plain.get_by_text("There is none yet.")).to_be_visible()


@pytest.mark.parametrize("language", ["en", "uk", "zh-TW"])
def test_nothing_keeps_anybody_out(language: str, browser: Browser, app: Flask, web: Web) -> None:
    letters = processing.processor()
    processing.processor("down", desired="running", probe_at="2030-01-01T00:00:00Z")
    long = "Wolfeschlegelsteinhausenberger" * 3
    for kind in ("permanent", "unknown", "transient"):
        ids = processing.boxed(letters, 2, kind)
    old = processing.archived("old", letters)
    processing.add(letters, long, "b")
    processing.claim(letters)
    processing.lose(processing.take(letters, 2)[1])
    at = "/processors/letters"
    for width, scheme in ((1100, "light"), (390, "dark")):
        context = browser.new_context(
            base_url=web.url, viewport={"width": width, "height": 800}, locale=language,
            color_scheme=scheme,  # type: ignore[arg-type]
        )  # fmt: skip
        window = context.new_page()
        enter(window, app, web, f"olena{width}")
        for path in (
            "/processors/", at, f"{at}/records/?status=dead", f"{at}/records/?http=1",
            f"{at}/records/?status=retry", f"{at}/records/{ids[0]}", f"{at}/audit",
            f"{at}/records/{old}",
        ):  # fmt: skip
            window.goto(path)
            unfold(window)
            results = Axe().run(window)
            assert results.violations_count == 0, (path, results.generate_report())
            assert window.evaluate("document.documentElement.scrollWidth") <= width, path
        context.close()
