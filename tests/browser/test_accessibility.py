"""Every page in every state: no violation that axe-core knows, light and dark, wide and narrow."""

import re
from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser, Page, expect
from rq.results import Result

from app_srvc import db
from app_srvc.accounts import operator_links
from app_srvc.jobs import submission
from app_srvc.jobs.repository import changes, leases, outcomes
from app_srvc.mail import repository
from app_srvc.mail.repository import State
from app_srvc.speech.repository import segments
from app_srvc.speech.sound import Heard, Span, Word
from tests.monitor.support import queue
from tests.support import keeping, processing
from tests.support.accounts import logged_in, member
from tests.support.mailing import posted
from tests.support.performing import perform
from tests.support.pictures import encoded, scene
from tests.support.recordings import FOLDER
from tests.support.web import Web

Prepare = Callable[[Page], str]


def upload(page: Page) -> str:
    """Send a recording and return its job."""
    page.goto("/stt/")
    page.locator("#file").set_input_files(FOLDER / "days.flac")
    page.locator("#send").click()
    page.wait_for_url("**/stt/*-*")
    return page.url.rpartition("/")[2]


def waiting(page: Page) -> str:
    """Return a job that waits."""
    return upload(page)


def running(page: Page) -> str:
    """Return a job that has recognised a first segment."""
    job_id = upload(page)
    with db.transaction() as conn:
        changes.take(conn, job_id, "host-1-a")
        leases.report(conn, job_id, 1, "Recognising speech, 0:01 of 0:03", 0.4)
        segments.plan(conn, job_id, [Span(0, 1000), Span(1000, 2000)], "The file is cut off.")
        segments.save(conn, job_id, 0, Heard([Word(0, 500, "monday", 0.9)]))
    return job_id


def finished(page: Page) -> str:
    """Return a job that is done."""
    job_id = running(page)
    with db.transaction() as conn:
        segments.save(conn, job_id, 1, Heard([Word(1000, 1500, "tuesday", 0.9)]))
        outcomes.finish(conn, job_id, 1)
    return job_id


def corrected(page: Page) -> str:
    """Return a job whose transcript was corrected, has a speaker and is shared."""
    job_id, name = finished(page), "Wolfeschlegelsteinhausenberger" * 2
    page.goto(f"/stt/{job_id}/passages/0")
    page.get_by_label("What is said").fill(f"Monday {name}")
    page.get_by_role("button", name="Save", exact=True).click()
    page.wait_for_url("**#at-*")
    page.goto(f"/stt/{job_id}/speakers")
    page.locator("#said li input").first.check()
    page.get_by_label("Or somebody new").fill(name)
    page.get_by_role("button", name="Assign").click()
    expect(page.locator("li .speaker")).to_have_count(1)
    page.goto(f"/stt/{job_id}/shares")
    page.get_by_role("button", name="Make a link").click()
    expect(page.get_by_label("Link 1", exact=True)).to_be_visible()
    return job_id


def failed(page: Page) -> str:
    """Return a job that has failed."""
    job_id = upload(page)
    with db.transaction() as conn:
        changes.take(conn, job_id, "host-1-a")
        outcomes.fail(conn, job_id, 1, "The file is no good.", pause_seconds=None)
    return job_id


def paused(page: Page) -> str:
    """Return a job that is tried again later."""
    job_id = upload(page)
    with db.transaction() as conn:
        changes.take(conn, job_id, "host-1-a")
        outcomes.fail(conn, job_id, 1, "A hiccup.", pause_seconds=600)
    return job_id


def cancelled(page: Page) -> str:
    """Return a job that was cancelled."""
    job_id = upload(page)
    submission.cancel(job_id)
    return job_id


def nothing(_page: Page) -> str:
    """Prepare nothing."""
    return ""


def detecting(page: Page) -> str:
    """Send a picture, and return its job."""
    page.goto("/detect/")
    file = {"name": f"{'faces' * 12}.png", "mimeType": "image/png", "buffer": encoded(scene())}
    page.get_by_label("Pictures").set_input_files(file)  # type: ignore[arg-type]
    page.get_by_role("button", name="Look for objects").click()
    page.wait_for_url(re.compile("/detect/[^/]+$"))
    return page.url.rpartition("/")[2]


def detected(page: Page) -> str:
    """Let it be looked at."""
    job_id = detecting(page)
    perform(job_id)
    return job_id


def operator(page: Page) -> str:
    """Make the visitor an operator."""
    page.goto(operator_links.make_link())
    page.get_by_role("button", name="Become an operator").click()
    return finished(page)


def mails(page: Page) -> str:
    """Let an operator find mails of each state in the outbox, and return one that was kept."""
    operator(page)
    for number, state in enumerate(State):
        mail_id = posted(login=f"person{number}")
        with db.transaction() as conn:
            repository.settle(conn, mail_id, state, "A reason." if state == "dropped" else None)
        if state == State.KEPT:
            kept = mail_id
    return kept


def importing(page: Page) -> str:
    """Let an operator send a file of records, and return the job that is to take it in."""
    operator(page)
    processing.processor()
    page.goto("/processors/letters/import/")
    lines = "id,town\n1,Львів\n2\n" + "3," + "Wolfeschlegelsteinhausenberger" * 3
    file = {"name": f"{'letters' * 9}.csv", "mimeType": "text/csv", "buffer": lines.encode()}
    page.locator("input[type=file]").set_input_files(file)  # type: ignore[arg-type]
    page.get_by_role("button", name="Import").click()
    page.wait_for_url("**/import/*-*")
    return page.url.rpartition("/")[2]


def imported(page: Page) -> str:
    """Let it be taken in, with a fault in it."""
    job_id = importing(page)
    perform(job_id)
    return job_id


def users(page: Page) -> str:
    """Make the visitor an operator, with people of every state to look at."""
    operator(page)
    for state in ("waiting", "active", "locked"):
        member(state, state=state, role="operator", first_name="Wolfeschlegelsteinhausenberger" * 3)
    return ""


def kept(page: Page) -> str:
    """Let an operator look at what is kept, which somebody has set before."""
    operator(page)
    for days in (5, 20):
        keeping.ended(days, size=2_000_000)
        keeping.cycle(days)
    keeping.cycle(1, "wolfeschlegelsteinhausenberger")
    page.goto("/ops/retention?history_days=10")
    page.get_by_role("button", name="Save these days").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    return ""


def held(page: Page) -> str:
    """Let an operator find a job in rq that has failed with a long line."""
    operator(page)
    job = queue().enqueue("x.y")
    Result.create_failure(
        job, 600, f"Traceback\n{'wolfeschlegelsteinhausenberger' * 9}", "host-1-a"
    )
    return job.id


PAGES: list[tuple[str, Prepare]] = [
    ("/", nothing),
    ("/", finished),
    ("/stt/", nothing),
    ("/detect/", nothing),
    ("/detect/{}", detecting),
    ("/detect/{}", detected),
    ("/call/", nothing),
    ("/api/docs/", nothing),
    ("/jobs/", nothing),
    ("/jobs/?q=none", nothing),
    ("/jobs/", running),
    ("/jobs/", operator),
    ("/ops/", operator),
    ("/userlist/", operator),
    ("/userlist/", users),
    ("/userlist/?state=odd&sort=odd&limit=0", users),
    ("/operator?token=x", nothing),
    ("/outbox/", operator),
    ("/outbox/", mails),
    ("/outbox/{}", mails),
    ("/processors/letters/import/", imported),
    ("/imports/{}", importing),
    ("/imports/{}", imported),
    ("/ops/retention", kept),
    ("/ops/retention?files_days=3", kept),
    ("/ops/retention?files_days=0&jobs_days=x&history_days=", kept),
    ("/rqmonitor/job/{}", held),
    ("/nowhere", nothing),
    ("/stt/transcripts", nothing),
    ("/stt/transcripts?q=monday", corrected),
    ("/stt/transcripts?q=nobody", corrected),
    *((f"/stt/{{}}/{part}", corrected) for part in ("passages/0", "history", "speakers", "shares")),
    *((path, prepare) for path in ("/stt/{}", "/jobs/{}")
      for prepare in (waiting, running, finished, failed, paused, cancelled)),
]  # fmt: skip


@pytest.fixture
def dark_and_narrow(browser: Browser, web: Web) -> Page:
    """Open a window as narrow as a phone, in the dark."""
    context = browser.new_context(
        base_url=web.url, viewport={"width": 390, "height": 800}, color_scheme="dark"
    )
    return context.new_page()


@pytest.mark.parametrize(("path", "prepare"), PAGES, ids=lambda it: getattr(it, "__name__", it))
def test_nothing_keeps_anybody_out(
    path: str, prepare: Prepare, page: Page, dark_and_narrow: Page
) -> None:
    tab = page.context.new_page()
    job_id = prepare(tab)
    tab.close()
    dark_and_narrow.context.add_cookies(page.context.cookies())  # type: ignore[arg-type]

    for window in (page, dark_and_narrow):
        window.goto(path.format(job_id))
        results = Axe().run(window)
        assert results.violations_count == 0, results.generate_report()
        width = window.evaluate("document.documentElement.scrollWidth")
        assert width <= (window.viewport_size or {"width": 0})["width"]
    dark_and_narrow.context.close()


@pytest.mark.parametrize("language", ["uk", "zh-TW"])
def test_no_language_keeps_anybody_out(
    language: str, browser: Browser, web: Web, app: Flask
) -> None:
    context = browser.new_context(
        base_url=web.url, viewport={"width": 390, "height": 800}, locale=language
    )
    window = context.new_page()
    job_id, mail_id = finished(window), posted(login="olena")
    boss = logged_in(app, member("boss.of.all.this", role="operator"))

    def look(*paths: str) -> None:
        for path in paths:
            window.goto(path)
            results = Axe().run(window)
            assert results.violations_count == 0, results.generate_report()
            assert window.evaluate("document.documentElement.scrollWidth") <= 390
            # No word of the menu is broken in two.
            heights = "all => all.map(one => one.getBoundingClientRect().height)"
            assert max(window.locator(".top :is(nav, .who) > a").evaluate_all(heights)) < 40

    look("/", "/stt/", "/call/", f"/stt/{job_id}", "/jobs/", f"/jobs/{job_id}")
    look("/stt/transcripts", "/stt/transcripts?q=monday", "/stt/transcripts?q=nobody")
    look(*(f"/stt/{job_id}/{part}" for part in ("passages/0", "history", "speakers", "shares")))
    look("/userreg/", "/login", "/password/forgotten", "/password?token=x")
    cookie = boss.get_cookie("cherha")
    assert cookie is not None
    context.add_cookies([{"name": "cherha", "value": cookie.value, "url": web.url}])
    look("/", "/account/", "/userlist/", "/userlist/?state=odd", "/outbox/", f"/outbox/{mail_id}")
    look("/ops/retention", "/ops/retention?files_days=3", "/ops/retention?files_days=0")
    look("/ops/")
    context.close()


def test_an_error_beside_the_field_keeps_nobody_out(page: Page, plain: Page) -> None:
    plain.goto("/stt/")
    plain.get_by_label("Recordings").set_input_files(
        {"name": "bad.mp4", "mimeType": "video/mp4", "buffer": b"no film"}
    )
    plain.get_by_role("button", name="Transcribe").click()
    html = plain.content()

    page.goto("/stt/")
    page.set_content(html)
    results = Axe().run(page)
    assert results.violations_count == 0, results.generate_report()


def test_an_error_about_a_call_keeps_nobody_out(page: Page) -> None:
    page.goto("/call/")
    page.get_by_label("x", exact=True).fill("seven")
    page.get_by_role("button", name="Call prime").click()
    expect(page.get_by_text("This takes a whole number.")).to_be_visible()

    results = Axe().run(page)
    assert results.violations_count == 0, results.generate_report()
