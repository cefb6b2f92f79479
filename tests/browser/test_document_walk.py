"""A transcript as a document, from its first correction to the zip, as one person would do it."""

import re
import zipfile

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.browser.test_transcript_page import send
from tests.support import transcripts


def check(page: Page) -> None:
    """See that nothing keeps anybody out of what is shown now."""
    results = Axe().run(page)
    assert results.violations_count == 0, results.generate_report()


def open_new(page: Page, *sentences: str) -> str:
    """Send a recording in which that is heard, open its page, and return its job."""
    job_id = send(page)
    transcripts.finish(job_id, *sentences)
    page.goto(f"/stt/{job_id}")
    return job_id


def correct_with_keys(page: Page) -> None:
    """Correct the first passage where it stands."""
    text, field = page.locator("#transcript"), page.get_by_label("What is said")
    page.keyboard.press("e")
    expect(field).to_be_focused()
    check(page)
    field.fill("Monday was cold.")
    page.keyboard.press("Control+Enter")
    expect(text).to_contain_text("Monday was cold.")
    expect(field).to_have_count(0)
    expect(page.locator("#correcting")).to_have_text(re.compile("^Saved. Choose a word"))


def be_too_late(page: Page, job_id: str) -> None:
    """Correct the second with the mouse, while somebody else is faster."""
    text, field = page.locator("#transcript"), page.get_by_label("What is said")
    page.get_by_text("who", exact=True).click()
    field.fill("Who is there? It is me.")
    other = page.context.new_page()
    other.goto(f"/stt/{job_id}/passages/1")
    other.get_by_label("What is said").fill("theirs")
    other.get_by_role("button", name="Save", exact=True).click()
    other.wait_for_url("**/stt/*#at-*")
    other.close()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("It says now: theirs")).to_be_visible()
    expect(field).to_have_value("Who is there? It is me.")
    page.get_by_role("button", name="Save").click()
    expect(text).to_contain_text("Who is there? It is me.")


def undo(page: Page) -> None:
    """Let what a passage said before come back, and go again."""
    back = page.get_by_role("button", name="Bring back what it said before: 0:00")
    page.get_by_role("link", name="History").click()
    expect(page.locator("ins").first).to_be_visible()
    check(page)
    back.click()
    expect(page.get_by_text("It says again what it said before.")).to_be_visible()
    back.first.click()
    expect(page.locator(".changes li").first).to_contain_text("cold.")


def name_speakers(page: Page, job_id: str) -> None:
    """Name two speakers; with Shift, all between is ticked."""
    page.goto(f"/stt/{job_id}/speakers")
    boxes = page.locator("#said li input")
    expect(boxes).to_have_count(3)
    boxes.nth(0).click()
    boxes.nth(1).click(modifiers=["Shift"])
    page.get_by_label("Or somebody new").fill("Ann")
    page.get_by_role("button", name="Assign").click()
    expect(page.locator("li .speaker")).to_have_text(["Ann:", "Ann:"])
    boxes.nth(2).check()
    page.get_by_label("Or somebody new").fill("Ben")
    page.get_by_role("button", name="Assign").click()
    expect(page.locator("li .speaker")).to_have_text(["Ann:", "Ann:", "Ben:"])
    check(page)


def find(page: Page, job_id: str) -> None:
    """Find a word in all transcripts, and be led to its place."""
    page.get_by_role("link", name="Speech to text").click()
    page.get_by_role("link", name="My transcripts").click()
    page.get_by_label("Find in all my transcripts").fill("cold")
    page.get_by_role("button", name="Find", exact=True).click()
    expect(page.locator("mark")).to_have_text("cold")
    check(page)
    page.get_by_role("link", name=re.compile("Open at")).click()
    page.wait_for_url(f"**/stt/{job_id}#at-0")
    expect(page.locator(".word:target")).to_have_text("Monday")


def share(page: Page, browser: Browser) -> None:
    """Share it with somebody who has no cookie of ours, and think better of it."""
    page.get_by_role("link", name="Share").click()
    page.get_by_role("button", name="Make a link").click()
    link = page.get_by_label("Link 1", exact=True)
    expect(link).to_have_value(re.compile(r"/shared/\?token=[0-9a-f]{64}$"))
    check(page)
    address = link.input_value()
    elsewhere = browser.new_context(viewport={"width": 390, "height": 800}, color_scheme="dark")
    stranger = elsewhere.new_page()
    stranger.goto(address)
    expect(stranger.locator("#transcript .speaker")).to_have_text(["Ann:", "Ann:", "Ben:"])
    stranger.wait_for_function("document.querySelector('audio').readyState > 0")
    expect(stranger.get_by_role("link", name="History")).to_have_count(0)
    assert elsewhere.cookies() == []
    assert stranger.evaluate("document.documentElement.scrollWidth") <= 390
    check(stranger)
    page.get_by_role("button", name="Revoke: Link 1").click()
    expect(page.get_by_text("The link opens nothing any more.")).to_be_visible()
    gone = stranger.goto(address)
    assert gone is not None
    assert gone.status == 404
    elsewhere.close()


def take_along(page: Page, job_id: str) -> None:
    """Delete it, bring it back, and take it along."""
    page.goto(f"/stt/{job_id}")
    page.locator("summary", has_text="Delete").click()
    page.get_by_role("button", name="Delete it").click()
    page.get_by_role("button", name="Undo: talk.wav").click()
    expect(page.get_by_text("It is back.")).to_be_visible()
    page.goto("/stt/transcripts")
    page.get_by_label("Take along talk.wav").check()
    page.get_by_label("Subtitles (srt)", exact=True).check()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download as zip").click()
    with zipfile.ZipFile(download.value.path()) as found:
        assert found.namelist() == ["talk.txt", "talk.srt"]
        assert found.read("talk.txt").decode().startswith("Ann: Monday was cold.")


def test_correct_undo_name_find_share_revoke_and_take_along(page: Page, browser: Browser) -> None:
    job_id = open_new(page, "monday was gold", "who is there it is me")

    correct_with_keys(page)
    be_too_late(page, job_id)
    undo(page)
    name_speakers(page, job_id)
    find(page, job_id)
    share(page, browser)
    take_along(page, job_id)


def test_without_scripts_all_of_it_can_be_done(plain: Page) -> None:
    job_id = open_new(plain, "monday was gold", "tuesday")
    plain.get_by_role("link", name="Correct the text").click()
    plain.get_by_label("What is said").fill("Monday was cold.")
    plain.get_by_role("button", name="Save and go to the next passage").click()
    expect(plain.get_by_label("What is said")).to_have_value("tuesday")
    plain.get_by_role("link", name="Previous passage").click()
    expect(plain.get_by_label("What is said")).to_have_value("Monday was cold.")
    plain.locator("summary", has_text="What was heard").click()
    plain.get_by_role("button", name="Bring it back").click()
    expect(plain.locator(".changes li").first).to_contain_text("gold")

    plain.goto(f"/stt/{job_id}/speakers")
    plain.locator("#said li input").first.check()
    plain.get_by_label("Or somebody new").fill("Ann")
    plain.get_by_role("button", name="Assign").click()
    expect(plain.locator("li .speaker")).to_have_text(["Ann:"])
    plain.get_by_label("Name of speaker 1").fill("Anna")
    plain.get_by_role("button", name="Save the names").click()
    expect(plain.locator("li .speaker")).to_have_text(["Anna:"])

    plain.goto(f"/stt/{job_id}")
    plain.locator("summary", has_text="Delete").click()
    plain.get_by_role("button", name="Delete it").click()
    plain.get_by_role("button", name="Undo: talk.wav").click()
    expect(plain.locator("#transcript .speaker")).to_have_text("Anna:")


def test_keys_are_listed_in_a_dialog_and_never_in_the_way_of_typing(page: Page) -> None:
    open_new(page, "one is here. two is there. three")
    dialog = page.get_by_role("dialog", name="Keys")
    now = page.locator(".word.now")
    page.wait_for_function("document.querySelector('audio').readyState > 0")
    for key, word in ("s", "two"), ("s", "three"), ("a", "two"):
        page.keyboard.press(key)
        expect(now).to_have_text(word)

    page.keyboard.press("?")
    expect(dialog).to_be_visible()
    check(page)
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    page.get_by_role("button", name="Keys").click()
    expect(dialog).to_be_visible()
    dialog.get_by_role("button", name="Close").click()
    expect(dialog).to_be_hidden()
    page.keyboard.press("e")
    field = page.get_by_label("What is said")
    expect(field).to_be_focused()
    field.press("End")
    page.keyboard.type("?ekas/")
    expect(field).to_have_value("one is here. two is there. three?ekas/")
    expect(dialog).to_be_hidden()
    page.keyboard.press("Escape")
    expect(field).to_have_count(0)

    page.emulate_media(media="print")
    expect(page.locator("#transcript")).to_be_visible()
    for hidden in (".top", ".bar", "#document", "#more", "footer"):
        expect(page.locator(hidden)).to_be_hidden()
