"""The whole main job as a person does it: choose a file, watch, read, download."""

import re
from pathlib import Path

import psutil
import pytest
from playwright.sync_api import Page, expect

from tests.support import media
from tests.support.recordings import FOLDER, TEXTS
from tests.support.workers import Workers

LONG = sorted(TEXTS)[:6]


def talk(path: Path, names: list[str]) -> Path:
    """Write a recording of several others, and return its path."""
    path.write_bytes(media.encode(media.joined(names), "flac", "flac"))
    return path


@pytest.fixture
def long_file(tmp_path: Path) -> Path:
    """Return a recording that takes some seconds."""
    return talk(tmp_path / "a long talk.flac", LONG)


def words_of(page: Page) -> list[str]:
    """Return the words of the transcript on the page."""
    return page.locator("#transcript .word").all_inner_texts()


def send(page: Page, *paths: Path) -> None:
    """Choose files and press the button."""
    page.goto("/")
    page.get_by_role("link", name="Speech to text").first.click()
    page.get_by_label("Recordings").set_input_files(list(paths))
    page.get_by_role("button", name="Transcribe").click()


def test_watch_a_recording_become_text_and_take_the_subtitles_along(
    page: Page, workers: Workers, long_file: Path, tmp_path: Path
) -> None:
    send(page, long_file)
    expect(page.get_by_role("heading", name="a long talk.flac")).to_be_visible()
    expect(page.get_by_text("Next in the queue.")).to_be_visible()

    workers.start()
    expect(page.get_by_text(re.compile("Recognising speech, 0:.* of 0:2"))).to_be_visible()
    expect(page.locator("#transcript p").first).to_have_text(TEXTS[LONG[0]])
    shown = page.get_by_role("progressbar")
    assert 0 < float(shown.get_attribute("value") or 0) < 1
    expect(page.get_by_role("link", name="Download subtitles (srt)")).to_be_visible()
    assert words_of(page) == media.text_of(LONG).split()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download subtitles (srt)").click()
    target = tmp_path / "talk.srt"
    download.value.save_as(target)
    assert download.value.suggested_filename == "a long talk.srt"
    assert target.read_text().startswith("1\n00:00:0")
    assert target.read_text().count("-->") >= len(LONG)


def test_the_same_without_scripts(plain: Page, one_worker: Workers, tmp_path: Path) -> None:
    send(plain, FOLDER / "money.flac")
    expect(plain.get_by_role("heading", name="money.flac")).to_be_visible()

    # The page reloads itself.
    expect(plain.locator("#transcript .word")).to_have_text(TEXTS["money.flac"].split())
    plain.get_by_role("link", name="My jobs").click()
    expect(plain.get_by_role("row", name=re.compile("money.flac .* finished"))).to_be_visible()
    plain.get_by_role("link", name="money.flac").click()
    expect(plain.get_by_role("link", name="Download text")).to_be_visible()
    plain.get_by_role("link", name="Details of the job").click()
    expect(plain.get_by_text("Attempt 1 began.")).to_be_visible()
    plain.get_by_role("link", name="Open the result").click()
    expect(plain.get_by_role("heading", name="money.flac")).to_be_visible()


def test_of_several_files_a_bad_one_is_said_beside_the_field(
    page: Page, one_worker: Workers, tmp_path: Path
) -> None:
    bad = tmp_path / "bad.mp4"
    bad.write_text("no film")
    page.goto("/stt/")
    page.get_by_label("Recordings").set_input_files([FOLDER / "days.flac", bad])
    page.get_by_role("button", name="Transcribe").click()

    errors = page.locator("#file-errors")
    expect(errors).to_have_text("bad.mp4: This is not audio or video that can be read.")
    expect(page.get_by_label("Recordings")).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_label("Recordings")).to_be_focused()
    page.get_by_role("listitem").filter(has_text="days.flac").get_by_role("link").click()
    expect(page.locator("#transcript .word")).to_have_text(TEXTS["days.flac"].split())


def test_the_same_without_scripts_for_a_bad_file(plain: Page, tmp_path: Path) -> None:
    bad = tmp_path / "bad.mp4"
    bad.write_text("no film")
    send(plain, bad)

    expect(plain.locator("#file-errors")).to_have_text(
        "bad.mp4: This is not audio or video that can be read."
    )


def test_several_files_are_followed_in_the_list(page: Page, one_worker: Workers) -> None:
    send(page, *(FOLDER / f"{name}.flac" for name in ("days", "money", "water")))

    expect(page).to_have_url(re.compile("/jobs/$"))
    # The list keeps itself up to date.
    expect(page.locator(".state.finished")).to_have_count(3)


def test_cancel_and_try_again(page: Page, one_worker: Workers, long_file: Path) -> None:
    send(page, long_file)
    # So early that a browser which is slow to press the button does so before the end.
    expect(page.locator("#transcript p:not(.fine)").first).to_be_visible()

    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text("Cancelled.")).to_be_visible()
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("link", name="Download text")).to_be_visible()
    assert words_of(page) == media.text_of(LONG).split()


def test_a_killed_worker_does_not_disturb_who_watches(
    page: Page, workers: Workers, long_file: Path
) -> None:
    workers.start(LEASE_SECONDS="3")
    send(page, long_file)
    expect(page.locator("#transcript p").nth(1)).to_be_visible()

    psutil.Process(workers.processes[0].pid).kill()
    workers.start(LEASE_SECONDS="3")
    expect(page.get_by_role("link", name="Download text")).to_be_visible()
    assert words_of(page) == media.text_of(LONG).split()


def test_a_new_visitor_is_told_what_to_do(page: Page) -> None:
    page.goto("/")
    expect(page.get_by_text("Nothing yet.")).to_be_visible()
    page.get_by_role("main").locator(".nothing").get_by_role("link", name="Speech to text").click()
    expect(page).to_have_url(re.compile("/stt/$"))

    page.goto("/jobs/")
    expect(page.get_by_text("Nothing yet.")).to_be_visible()


def test_the_keyboard_is_enough(page: Page, one_worker: Workers) -> None:
    page.goto("/stt/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    page.get_by_label("Recordings").set_input_files(FOLDER / "days.flac")
    page.get_by_label("Recordings").focus()
    for name in ("Record with the microphone", "Remove days.flac", "Transcribe"):
        page.keyboard.press("Tab")
        expect(page.get_by_role("button", name=name)).to_be_focused()
    page.keyboard.press("Enter")

    expect(page.locator("#transcript .word")).to_have_text(TEXTS["days.flac"].split())


def test_a_click_on_a_word_plays_it(page: Page, one_worker: Workers, tmp_path: Path) -> None:
    send(page, talk(tmp_path / "talk.flac", LONG[:4]))
    expect(page.get_by_role("link", name="Download text")).to_be_visible()
    word = page.locator("#transcript .word").nth(20)
    at = float(word.get_attribute("data-at") or 0)

    word.click()
    expect(word).to_have_class(re.compile("now"))
    assert place(page) >= at > 5
    page.locator("audio").evaluate("player => player.pause()")
    later = place(page)
    page.keyboard.press("j")
    assert abs(place(page) - (later - 5)) < 0.1
    page.get_by_role("link", name="Play from 0:00").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#transcript .word").first).to_have_class(re.compile("now"))


def place(page: Page) -> float:
    """Return where the player is, in seconds."""
    return float(page.locator("audio").evaluate("player => player.currentTime"))
