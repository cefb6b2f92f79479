"""Sending files as a person does: choose, drop, record; cancel, and lose the connection."""

import os
import re
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, Playwright, Route, expect

from app_srvc import storage
from tests.browser.conftest import QUIET
from tests.support import media
from tests.support.recordings import FOLDER, TEXTS
from tests.support.rows import scalar
from tests.support.uploads import sweep_afar
from tests.support.web import Web
from tests.support.workers import Workers

DROP = """([files, target]) => {
  const transfer = new DataTransfer();
  for (const [name, data] of files) {
    const bytes = Uint8Array.from(atob(data), (ch) => ch.charCodeAt(0));
    transfer.items.add(new File([bytes], name, { type: "audio/flac", lastModified: 1 }));
  }
  for (const kind of ["dragenter", "dragover", "drop"]) {
    const event = new DragEvent(kind, { dataTransfer: transfer, bubbles: true, cancelable: true });
    document.querySelector(target).dispatchEvent(event);
  }
}"""


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """Return a recording that takes several pieces to send."""
    path = tmp_path / "a train journey.wav"
    path.write_bytes(media.wav(media.samples_of("days.flac") + os.urandom(20_000_000)))
    return path


def rows(page: Page) -> list[str]:
    """Return the names on the list of chosen files."""
    return page.locator("#files .name").all_inner_texts()


def drop(page: Page, *names: str, on: str = "main") -> None:
    """Drop files of ours somewhere on the page."""
    files = [(name, b64encode((FOLDER / name).read_bytes()).decode()) for name in names]
    page.evaluate(DROP, [files, on])


def choose(page: Page, *paths: Path) -> None:
    """Open the form and choose files."""
    page.goto("/stt/")
    page.get_by_label("Recordings").set_input_files(list(paths))


def transcribe(page: Page) -> None:
    """Press the button."""
    page.get_by_role("button", name="Transcribe").click()


def stored() -> bytes:
    """Return the bytes of the only recording."""
    with storage.open_file(scalar("SELECT file_key FROM recordings")) as file:
        return file.read()


def test_three_dropped_files_are_sent(page: Page) -> None:
    page.goto("/stt/")
    drop(page, "days.flac", "money.flac", on="h1")
    drop(page, "water.flac", on="#upload .drop")
    assert rows(page) == ["days.flac", "money.flac", "water.flac"]
    expect(page.locator("#spoken")).to_have_text("water.flac added, 3 in the list.")

    transcribe(page)
    expect(page).to_have_url(re.compile("/jobs/$"))
    for name in ("days.flac", "money.flac", "water.flac"):
        expect(page.get_by_role("link", name=name)).to_be_visible()
    assert scalar("SELECT count(*) FROM jobs") == 3


def test_what_is_chosen_before_the_script_has_come_is_sent(page: Page) -> None:
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/speech/upload.js*", hold)
    page.goto("/stt/", wait_until="commit")
    page.get_by_label("Recordings").set_input_files(FOLDER / "days.flac")
    page.wait_for_function("document.querySelector('input[type=file]').files.length === 1")
    held[0].continue_()

    expect(page.get_by_role("listitem").filter(has_text="days.flac")).to_be_visible()
    page.get_by_role("button", name="Transcribe").click()
    expect(page.get_by_role("heading", name="days.flac")).to_be_visible()


def test_files_over_the_page_show_where_they_may_be_dropped(page: Page) -> None:
    page.goto("/stt/")
    page.evaluate(
        """() => {
          const transfer = new DataTransfer();
          transfer.items.add(new File(["x"], "x.mp3"));
          const options = { dataTransfer: transfer, bubbles: true, cancelable: true };
          document.querySelector("main").dispatchEvent(new DragEvent("dragenter", options));
        }"""
    )

    expect(page.locator("body")).to_have_class("dropping")
    drop(page, "days.flac")
    expect(page.locator("body")).not_to_have_class("dropping")


def test_a_file_is_taken_off_the_list_and_the_focus_stays_near(page: Page) -> None:
    choose(page, FOLDER / "days.flac", FOLDER / "money.flac")
    page.get_by_label("Recordings").set_input_files(FOLDER / "days.flac")
    assert rows(page) == ["days.flac", "money.flac"], "the same file is not added twice"

    page.get_by_role("button", name="Remove days.flac").click()
    expect(page.get_by_role("button", name="Remove money.flac")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_label("Recordings")).to_be_focused()
    assert rows(page) == []
    transcribe(page)
    expect(page.locator("#file-errors")).to_have_text("Please choose a file.")
    expect(page.get_by_label("Recordings")).to_be_focused()


def test_one_of_several_is_cancelled_on_its_way(page: Page, large: Path) -> None:
    held: list[Route] = []
    page.route("**/uploads/*-*", lambda route: hold(route, held))
    choose(page, large, FOLDER / "days.flac")
    transcribe(page)
    expect(page.locator("#files .words").first).to_contain_text("%")
    wait_until_held(page, held)

    page.get_by_role("button", name="Cancel a train journey.wav").click()
    page.unroute_all(behavior="ignoreErrors")
    expect(page.get_by_role("heading", name="days.flac")).to_be_visible()
    assert scalar("SELECT count(*) FROM jobs") == 1
    sweep_afar()
    assert scalar("SELECT count(*) FROM uploads WHERE job_id IS NULL") == 0
    assert scalar("SELECT count(*) FROM files") == 1


def hold(route: Route, held: list[Route]) -> None:
    """Let all through but the pieces behind the first."""
    is_piece = route.request.method == "PATCH"
    if is_piece and route.request.headers["upload-offset"] != "0":
        held.append(route)
    else:
        route.continue_()


def wait_until_held(page: Page, held: list[Route]) -> None:
    """Wait until a piece is on its way that does not arrive."""
    while not held:
        page.wait_for_timeout(20)


def test_a_lost_connection_is_waited_for_and_the_file_goes_on(page: Page, large: Path) -> None:
    offsets: list[int] = []

    def cut(route: Route) -> None:
        if route.request.method == "PATCH":
            offsets.append(int(route.request.headers["upload-offset"]))
            if len(offsets) == 2:
                page.context.set_offline(True)
                route.abort("internetdisconnected")
                return
        route.continue_()

    page.route("**/uploads/*-*", cut)
    choose(page, large)
    transcribe(page)
    expect(page.locator("#files .words")).to_have_text("waiting for the connection…")
    expect(page.locator("#spoken")).to_contain_text("waiting for the connection…")

    page.context.set_offline(False)
    expect(page.get_by_role("heading", name=large.name)).to_be_visible()
    assert offsets[1] > 0
    assert 0 not in offsets[1:], "nothing that had come was sent again"
    assert stored() == large.read_bytes()


def test_a_web_process_that_dies_on_the_way_costs_nothing(
    page: Page, web: Web, large: Path
) -> None:
    held: list[Route] = []
    page.route("**/uploads/*-*", lambda route: hold(route, held))
    choose(page, large)
    transcribe(page)
    wait_until_held(page, held)
    web.kill()
    held[0].abort("connectionreset")
    page.unroute_all(behavior="ignoreErrors")
    expect(page.locator("#files .words")).to_have_text("waiting for the connection…")

    web.start()
    expect(page.get_by_role("heading", name=large.name)).to_be_visible()
    assert stored() == large.read_bytes()


def test_the_same_file_chosen_after_a_reload_goes_on(page: Page, large: Path) -> None:
    held: list[Route] = []
    page.route("**/uploads/*-*", lambda route: hold(route, held))
    choose(page, large)
    transcribe(page)
    wait_until_held(page, held)
    page.unroute_all(behavior="ignoreErrors")
    page.on("dialog", lambda dialog: dialog.accept())
    offsets: list[str] = []
    page.on("request", lambda sent: offsets.append(sent.headers.get("upload-offset", "")))

    choose(page, large)
    transcribe(page)
    expect(page.get_by_role("heading", name=large.name)).to_be_visible()
    assert "0" not in offsets
    assert stored() == large.read_bytes()


def test_a_submission_whose_answer_is_lost_becomes_one_job(page: Page) -> None:
    lost: list[Route] = []

    def lose(route: Route) -> None:
        if route.request.method == "POST" and not lost:
            lost.append(route)
            assert route.fetch().status == 202
            route.abort("connectionreset")
        else:
            route.continue_()

    page.route(re.compile("/stt/$"), lose)
    choose(page, FOLDER / "days.flac")
    transcribe(page)
    expect(page.get_by_role("heading", name="days.flac")).to_be_visible()
    assert lost
    assert scalar("SELECT count(*) FROM jobs") == 1


@pytest.mark.parametrize("status", [503, 429], ids=["full", "too fast"])
def test_a_full_queue_is_waited_for_and_so_is_a_limit(page: Page, status: int) -> None:
    asked: list[Route] = []

    def refuse(route: Route) -> None:
        asked.append(route)
        if len(asked) == 1:
            route.fulfill(status=status, headers={"Retry-After": "1"}, body="{}")
        else:
            route.continue_()

    choose(page, FOLDER / "days.flac")
    page.route(re.compile("/stt/$"), refuse)
    transcribe(page)
    expect(page.locator("#files .words")).to_have_text("the server is busy, trying again…")
    expect(page.get_by_role("heading", name="days.flac")).to_be_visible()


@pytest.fixture
def talker(playwright: Playwright, chromium: str, web: Web, tmp_path: Path) -> Iterator[Page]:
    """Open a window of somebody who says a sentence into the microphone, over and over."""
    speech = tmp_path / "speech.wav"
    samples = media.samples_of("weather.flac") + media.silence(1)
    speech.write_bytes(media.encode(samples, "wav", "pcm_s16le", rate=48_000))
    args = [*QUIET, f"--use-file-for-fake-audio-capture={speech}"]
    own = playwright.chromium.launch(executable_path=chromium, args=args)
    context = own.new_context(base_url=web.url, permissions=["microphone"])
    yield context.new_page()
    own.close()


def test_what_is_said_into_the_microphone_becomes_text(talker: Page, one_worker: Workers) -> None:
    talker.goto("/stt/")
    talker.get_by_role("button", name="Record with the microphone").click()
    expect(talker.get_by_role("button", name="Stop")).to_be_focused()
    # As long as it takes to say it, and a little more; a busy machine does not show each second.
    expect(talker.locator("#recording time")).to_have_text(re.compile("^0:0[7-9]|^0:[1-5]|^[1-9]"))
    talker.keyboard.press("Enter")

    expect(talker.get_by_role("button", name="Record with the microphone")).to_be_focused()
    (name,) = rows(talker)
    assert re.fullmatch(r"Recording \d{4}-\d\d-\d\d \d\d\.\d\d\.webm", name)
    player = talker.locator("#files audio")
    player.evaluate("player => player.play()")
    assert player.evaluate("player => player.error") is None
    assert Axe().run(talker).violations_count == 0
    transcribe(talker)
    expect(talker.get_by_role("heading", name=name)).to_be_visible()
    expect(talker.get_by_role("link", name="Download text")).to_be_visible()
    heard = talker.locator("#transcript .word").all_inner_texts()
    assert {"cold", "windy", "day", "november"} <= set(heard), TEXTS["weather.flac"]


def test_a_recording_that_still_runs_is_sent_with_the_others(page: Page) -> None:
    page.goto("/stt/")
    page.get_by_role("button", name="Record with the microphone").click()
    expect(page.locator("#recording time")).to_have_text(re.compile("[1-9]"))

    transcribe(page)
    expect(page.get_by_role("heading", name=re.compile("^Recording"))).to_be_visible()


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        ("NotAllowedError", "The microphone may not be used."),
        ("NotFoundError", "No microphone was found."),
    ],
)
def test_a_microphone_that_is_denied_or_missing_is_said_so(
    error: str, sentence: str, page: Page
) -> None:
    page.add_init_script(
        f"navigator.mediaDevices.getUserMedia = async () => {{"
        f" throw new DOMException('no', '{error}'); }}"
    )
    page.goto("/stt/")
    page.get_by_role("button", name="Record with the microphone").click()

    expect(page.locator("#file-errors")).to_contain_text(sentence)
    expect(page.get_by_role("button", name="Record with the microphone")).to_be_enabled()


def test_a_form_in_use_keeps_nobody_out(page: Page, large: Path) -> None:
    choose(page, FOLDER / "days.flac", large)
    page.get_by_role("button", name="Record with the microphone").click()
    expect(page.locator("#recording time")).to_have_text(re.compile("[1-9]"))
    assert Axe().run(page).violations_count == 0
    page.get_by_role("button", name="Stop").click()
    held: list[Route] = []
    page.route("**/uploads/*-*", lambda route: hold(route, held))
    transcribe(page)
    wait_until_held(page, held)

    for width in (1100, 390):
        page.set_viewport_size({"width": width, "height": 800})
        results = Axe().run(page)
        assert results.violations_count == 0, results.generate_report()
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.unroute_all(behavior="ignoreErrors")
