"""A transcript as it is read: find, play, jump, hide times, rename, transcribe again."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.support import media, transcripts
from tests.support.recordings import TEXTS

SENTENCES = (
    "Monday was a cold and windy day",
    "the naïve man was, they say, cold",
    "he had two hundred dollars",
    "it was cold on Friday",
)
# When the words begin, by what the support says of lengths and pauses.
SECONDS = {"he": 8.2, "Friday": 12.9}


def send(page: Page) -> str:
    """Send a recording of twenty seconds and return its job."""
    sound = media.encode(media.joined(sorted(TEXTS)[:5]), "wav", "pcm_s16le")
    page.goto("/stt/")
    page.get_by_label("Recordings").set_input_files(
        {"name": "talk.wav", "mimeType": "audio/wav", "buffer": sound}
    )
    page.get_by_role("button", name="Transcribe").click()
    page.wait_for_url("**/stt/*-*")
    return page.url.rpartition("/")[2]


def open_transcript(page: Page, doubtful: str = "") -> str:
    """Send a recording, let it be transcribed, open its page, and return its job."""
    job_id = send(page)
    transcripts.finish(job_id, *SENTENCES, doubtful=doubtful)
    page.goto(f"/stt/{job_id}")
    return job_id


def marked(page: Page) -> list[str]:
    """Return what the browser marks."""
    texts = page.evaluate(
        """() => [...(CSS.highlights.get("hits") ?? [])].map((hit) => {
            const range = document.createRange();
            range.setStart(hit.startContainer, hit.startOffset);
            range.setEnd(hit.endContainer, hit.endOffset);
            return range.toString();
        })"""
    )
    return list(texts)


def place(page: Page) -> float:
    """Return where the player is, in seconds."""
    return float(page.locator("audio").evaluate("player => player.currentTime"))


def is_playing(page: Page) -> bool:
    """Say whether the player plays."""
    return bool(page.locator("audio").evaluate("player => !player.paused"))


def current(page: Page) -> str:
    """Return the words of the hit that is shown."""
    return " ".join(page.locator(".word.hit").all_inner_texts())


def test_hits_are_marked_and_counted_while_one_types(page: Page) -> None:
    open_transcript(page)
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox")).to_be_focused()

    page.keyboard.type("COL")
    expect(page.locator("#found")).to_have_text("1 of 3")
    assert marked(page) == ["cold", "cold", "cold"]
    page.keyboard.type("x")
    expect(page.locator("#found")).to_have_text("Nothing found")
    assert marked(page) == []
    expect(page.get_by_role("button", name="Next hit")).to_be_disabled()
    page.get_by_role("searchbox").fill("naive man was they")
    expect(page.locator("#found")).to_have_text("1 of 1")
    assert marked(page) == ["naïve man was, they"]
    page.keyboard.press("Escape")
    expect(page.get_by_role("searchbox")).to_have_value("")
    expect(page.locator("#found")).to_be_empty()
    assert marked(page) == []


def test_enter_goes_from_hit_to_hit_and_round(page: Page) -> None:
    open_transcript(page)
    page.get_by_role("searchbox").fill("wa")
    expect(page.locator("#found")).to_have_text("1 of 3")

    page.keyboard.press("Enter")
    expect(page.locator("#found")).to_have_text("2 of 3")
    assert current(page) == "was,"
    page.keyboard.press("Shift+Enter")
    page.keyboard.press("Shift+Enter")
    expect(page.locator("#found")).to_have_text("3 of 3")
    page.get_by_role("button", name="Next hit").click()
    expect(page.locator("#found")).to_have_text("1 of 3")
    page.get_by_role("button", name="Previous hit").click()
    expect(page.locator("#found")).to_have_text("3 of 3")


def test_a_hit_far_away_comes_into_view(page: Page) -> None:
    job_id = send(page)
    transcripts.finish(job_id, *["one two three " * 40] * 60, "needle")
    page.goto(f"/stt/{job_id}")

    page.get_by_role("searchbox").fill("needle")
    expect(page.locator(".word.hit")).to_be_in_viewport()
    expect(page.locator("audio")).to_be_in_viewport()


def test_a_click_on_a_hit_plays_from_it(page: Page) -> None:
    open_transcript(page)
    page.get_by_role("searchbox").fill("friday")

    page.locator(".word.hit").click()
    # At once: from the beginning it would come there too.
    assert place(page) >= SECONDS["Friday"]
    expect(page.locator(".word.now")).to_have_text("Friday")
    assert is_playing(page)


@pytest.mark.parametrize("way", ["key", "button"])
def test_the_hit_can_be_played_without_the_mouse(page: Page, way: str) -> None:
    open_transcript(page)
    page.get_by_role("searchbox").fill("friday")

    if way == "key":
        page.keyboard.press("Control+Enter")
    else:
        page.get_by_role("button", name="Play it").press("Enter")
    assert place(page) >= SECONDS["Friday"]
    expect(page.locator(".word.now")).to_have_text("Friday")
    assert is_playing(page)


def test_keys_go_from_paragraph_to_paragraph_and_to_doubtful_words(page: Page) -> None:
    open_transcript(page, doubtful="two Friday")
    now = page.locator(".word.now")
    page.wait_for_function("document.querySelector('audio').readyState > 0")

    for key, word in ("n", "the"), ("n", "he"), ("d", "two"), ("d", "Friday"), ("p", "he"):
        page.keyboard.press(key)
        expect(now).to_have_text(word)
    assert abs(place(page) - SECONDS["he"]) < 0.1
    page.keyboard.press("p")
    expect(now).to_have_text("the")
    assert not is_playing(page)
    page.keyboard.press("k")
    page.wait_for_function("!document.querySelector('audio').paused")


def test_keys_of_one_letter_can_be_turned_off_for_good(page: Page) -> None:
    open_transcript(page)
    page.get_by_role("button", name="Keys").click()
    page.get_by_label("Keys of one letter are on").uncheck()

    page.reload()
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox")).not_to_be_focused()
    page.get_by_role("button", name="Keys").click()
    page.get_by_label("Keys of one letter are on").check()
    page.get_by_role("button", name="Close").click()
    page.get_by_role("heading", name="Transcript").click()
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox")).to_be_focused()


def test_times_go_and_stay_away_until_they_are_wanted(page: Page) -> None:
    open_transcript(page)
    time = page.get_by_role("link", name="Play from 0:04")
    text = page.get_by_role("link", name="Download text")
    expect(time).to_be_visible()

    page.get_by_label("Times").uncheck()
    expect(time).to_be_hidden()
    with page.expect_download() as download:
        text.click()
    assert download.value.path().read_text().startswith("Monday")
    page.reload()
    expect(time).to_be_hidden()
    page.get_by_label("Times").check()
    expect(time).to_be_visible()
    with page.expect_download() as download:
        text.click()
    assert download.value.path().read_text().startswith("[0:00] Monday")


def test_without_scripts_all_of_it_is_there(plain: Page) -> None:
    open_transcript(plain)
    plain.get_by_role("searchbox").fill("cold")
    plain.get_by_role("button", name="Find").click()
    expect(plain.locator("mark")).to_have_text(["cold", "cold", "cold"])
    expect(plain.get_by_text("3 found")).to_be_visible()
    expect(plain).to_have_url(re.compile("q=cold#hit-1$"))

    plain.get_by_role("link", name="Hide times").click()
    expect(plain.locator("mark")).to_have_count(3)
    expect(plain.get_by_role("link", name="Play from 0:04")).to_be_hidden()
    plain.locator("summary", has_text="Rename").click()
    plain.get_by_label("New name").fill("Board")
    plain.get_by_role("button", name="Save").click()
    expect(plain.get_by_role("heading", name="Board")).to_be_visible()
    plain.get_by_role("button", name="Transcribe again").click()
    expect(plain.get_by_text("Next in the queue.")).to_be_visible()
    expect(plain.get_by_role("link", name="PocketSphinx, English (United States)")).to_be_visible()


def test_what_the_server_has_marked_is_found_with_scripts_too(page: Page) -> None:
    job_id = open_transcript(page)

    page.goto(f"/stt/{job_id}?q=cold")
    expect(page.locator("#found")).to_have_text("1 of 3")
    expect(page.locator("mark")).to_have_count(0)
    assert marked(page) == ["cold", "cold", "cold"]


def test_a_transcript_that_has_just_ended_can_be_searched(page: Page) -> None:
    job_id = send(page)
    expect(page.get_by_text("The words appear here")).to_be_visible()
    transcripts.finish(job_id, *SENTENCES)

    page.get_by_role("searchbox").fill("cold")
    expect(page.locator("#found")).to_have_text("1 of 3")
    assert marked(page) == ["cold", "cold", "cold"]
    page.evaluate("async () => (await import('/static/refresh.js')).refresh()")
    expect(page.get_by_role("searchbox")).to_have_value("cold")
    expect(page.locator("#found")).to_have_text("1 of 3")


def test_rename_and_transcribe_again(page: Page) -> None:
    open_transcript(page)
    page.locator("summary", has_text="Rename").click()
    page.get_by_label("New name").fill("   ")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Please give it a name.")).to_be_visible()
    expect(page.get_by_label("New name")).to_be_focused()
    assert Axe().run(page).violations_count == 0
    page.get_by_label("New name").fill("Board")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Board")).to_be_visible()

    first = page.url
    page.get_by_role("button", name="Transcribe again").click()
    expect(page.get_by_text("Next in the queue.")).to_be_visible()
    expect(page.get_by_role("heading", name="Board")).to_be_visible()
    page.get_by_role("link", name="PocketSphinx, English (United States)").click()
    expect(page).to_have_url(first)


@pytest.mark.parametrize("width", [390, 1100])
def test_searching_keeps_nobody_out(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    open_transcript(page, doubtful="cold")
    page.locator("summary", has_text="Rename").click()
    page.locator("summary", has_text="Delete").click()

    page.get_by_role("searchbox").fill("cold")
    expect(page.locator("#found")).to_have_text("1 of 3")
    results = Axe().run(page)
    assert results.violations_count == 0, results.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
