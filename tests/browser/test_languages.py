"""Pages in the reader's language: chosen on the page, and spoken by its scripts as well."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support import transcripts
from tests.support.recordings import FOLDER
from tests.support.web import Web


@pytest.fixture
def ukrainian(browser: Browser, web: Web) -> Iterator[Page]:
    """Open a window of somebody who reads Ukrainian."""
    context = browser.new_context(base_url=web.url, locale="uk-UA", timezone_id="Europe/Kyiv")
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("window", ["page", "plain"])
def test_a_language_is_chosen_with_the_keyboard(
    window: str, request: pytest.FixtureRequest
) -> None:
    page: Page = request.getfixturevalue(window)
    page.goto("/jobs/?q=talk")
    page.get_by_role("form", name="Language").get_by_role("button", name="Українська").press(
        "Enter"
    )

    expect(page.get_by_role("heading", level=1)).to_have_text("Мої завдання")
    assert page.url.endswith("/jobs/?q=talk")
    assert page.locator("html").get_attribute("lang") == "uk"
    expect(page.get_by_role("button", name="Українська")).to_have_attribute("aria-current", "true")
    page.goto("/stt/")
    page.get_by_role("button", name="繁體中文").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("語音轉文字")


def test_scripts_speak_the_language_of_the_page(ukrainian: Page) -> None:
    ukrainian.goto("/stt/")
    spoken = ukrainian.locator("#spoken")

    names = ["days", "money", "water", "house", "digits"]
    files = [FOLDER / f"{name}.flac" for name in names]
    ukrainian.locator("#file").set_input_files(files)
    expect(spoken).to_have_text("Додано 5 файлів; усього в списку: 5.")
    expect(ukrainian.locator("#files .size").first).to_have_text(re.compile("кБ$"))
    ukrainian.get_by_role("button", name="Прибрати days.flac").click()
    expect(spoken).to_have_text("Прибрано: days.flac.")
    ukrainian.locator("#file").set_input_files([FOLDER / "days.flac", FOLDER / "weather.flac"])
    expect(spoken).to_have_text("Додано 2 файли; усього в списку: 6.")


def test_times_are_the_readers(ukrainian: Page) -> None:
    ukrainian.goto("/stt/")
    ukrainian.locator("#file").set_input_files(FOLDER / "days.flac")
    ukrainian.locator("#send").click()
    ukrainian.wait_for_url("**/stt/*-*")
    job_id = ukrainian.url.rpartition("/")[2]
    transcripts.finish(job_id, "monday tuesday")
    ukrainian.goto(f"/jobs/{job_id}")

    text = ukrainian.locator("#log time").first.text_content() or ""
    assert re.fullmatch(r"\d+ \w+\.? 20\d\d .+ \d\d:\d\d:\d\d", text)
    assert "UTC" not in text


def test_a_stream_speaks_the_language_of_the_page(ukrainian: Page) -> None:
    ukrainian.goto("/stt/")
    ukrainian.locator("#file").set_input_files(FOLDER / "days.flac")
    ukrainian.locator("#send").click()

    expect(ukrainian.get_by_text("Наступне в черзі.")).to_be_visible()
    ukrainian.get_by_role("button", name="Скасувати").click()
    expect(ukrainian.locator('[data-job="message"]')).to_have_text("Скасовано.")
