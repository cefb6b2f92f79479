"""Every page in every state and language, light and dark, wide and narrow: axe-core knows of
nothing that keeps anybody out. Addresses come from the application: a page that nobody walks to
fails here."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Browser, Page, expect
from rq.results import Result

from app_srvc import db, words
from app_srvc.jobs import submission
from app_srvc.jobs.repository import changes, leases, outcomes
from app_srvc.mail import repository as mails
from tests.monitor.support import queue
from tests.ops import making
from tests.processors.importing import support as importing
from tests.support import detecting, keeping, processing, transcripts
from tests.support.accounts import logged_in, member
from tests.support.browsing import unfold
from tests.support.mailing import posted
from tests.support.pages import HTML, look, press, upload
from tests.support.people import guest
from tests.support.performing import perform
from tests.support.recordings import recording
from tests.support.registering import ANN, hidden, job_of, perform_all, register, send
from tests.support.web import Web, form
from tests.support.workers import PATIENCE_SECONDS

LONG = "Wolfeschlegelsteinhausenberger" * 3

# What answers with something else than a page.
NO_PAGES = {
    "account.export", "api_docs.asset", "api_docs.document", "calls_api.ask", "calls_api.index",
    "calls_api.result", "detection.drawn",
    "detection.objects", "detection.picture", "detection_api.show", "health.alive", "health.ready",
    "importing.faults", "jobs.events", "jobs_api.index", "jobs_api.show", "metrics.show",
    "monitor.find", "ops_api.show", "packaged.show", "processor_records.download",
    "processor_records.export", "processor_records.find", "processors.events",
    "processors.list_events", "processors_api.index", "processors_api.records",
    "processors_api.show", "shared.download", "shared.recording", "speech.download",
    "speech.recording", "speech.segments",
    "speech_api.show", "speech_openai.models", "speech_openai.show_model", "static",
    "userlist.export", "importing.find",
}  # fmt: skip
# rqmonitor, Flower and Swagger UI are their authors'; other tests work with them.
OF_OTHERS = ("rqmonitor.", "flower.", "api_docs.attempt")


# What can be otherwise in the dark, or on a phone, than on the same page before.
IN_THE_DARK = ["color-contrast", "link-in-text-block", "scrollable-region-focusable"]
LOOK = """async (rules) => {
  const only = rules ? { runOnly: rules } : {};
  const { violations } = await axe.run(document, { resultTypes: ["violations"], ...only });
  return violations.map(({ id, nodes }) => [id, ...nodes.map(({ html }) => html)]);
}"""

# Whatever makes the page wider than the window.
STICKING_OUT = """(width) => document.documentElement.scrollWidth <= width ? [] :
  [...document.querySelectorAll("main *, header *")]
    .filter((one) => one.getBoundingClientRect().right > width)
    .map((one) => one.outerHTML.slice(0, 200))"""


class Walk:
    """Somebody who looks at page after page, and whether anything keeps them out."""

    def __init__(self, browser: Browser, web: Web, app: Flask, language: str) -> None:
        self.app, self.web, self.language = app, web, language
        self.context = browser.new_context(base_url=web.url)
        self.context.add_init_script(Axe().axe_script)
        self.context.set_default_timeout(1000 * PATIENCE_SECONDS)
        self.window = self.context.new_page()
        self.seen: set[str] = set()

    def be(self, client: FlaskClient | None) -> None:
        """Be who is known to that browser, or nobody."""
        self.context.clear_cookies()
        cookies = {"language": self.language}
        cookie = client and client.get_cookie("cherha")
        if cookie:
            cookies["cherha"] = cookie.value
        self.context.add_cookies(
            [{"name": name, "value": value, "url": self.web.url} for name, value in cookies.items()]
        )

    def look(self, *paths: str) -> None:
        """Look at pages that have an address."""
        for path in paths:
            self.window.goto(path)
            self._check(path)
            if path != "/nowhere":
                match = self.app.url_map.bind("localhost").match(path.partition("?")[0])
                self.seen.add(match[0])

    def show(self, told: str, html: str) -> None:
        """Look at what a form answered."""
        self.window.route(
            "**/shown", lambda route: route.fulfill(body=html, content_type="text/html")
        )
        self.window.goto("/shown")
        self.window.unroute("**/shown")
        self._check(told)

    def _check(self, told: str) -> None:
        tag = self.language.replace("_", "-")
        assert self.window.locator("html").get_attribute("lang") == tag, told
        unfold(self.window)
        for width, scheme, rules in ((1100, "light", None), (390, "dark", IN_THE_DARK)):
            self.window.set_viewport_size({"width": width, "height": 800})
            self.window.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            assert self.window.evaluate(LOOK, rules) == [], (told, scheme)
            assert self.window.evaluate(STICKING_OUT, width) == [], told
        # No word of the menu is broken in two.
        heights = "all => all.map(one => one.getBoundingClientRect().height)"
        assert max(self.window.locator(".top :is(nav, .who) > a").evaluate_all(heights)) < 40


Part = Callable[[Walk], None]


@pytest.fixture(params=words.LANGUAGES)
def walk(request: pytest.FixtureRequest, browser: Browser, web: Web, app: Flask) -> Iterator[Walk]:
    """Begin a walk in each language."""
    walk = Walk(browser, web, app, request.param)
    yield walk
    walk.context.close()


def sent(client: FlaskClient) -> str:
    """Send a recording, and return its job."""
    return upload(client, (recording("days.flac"), "days.flac")).location.rpartition("/")[2]


def end(job_id: str, pause_seconds: float | None = None) -> str:
    """Let a job fail, for good or to be tried again."""
    with db.transaction() as conn:
        changes.take(conn, job_id, "host-1-a")
        outcomes.fail(conn, job_id, 1, "The file is no good.", pause_seconds=pause_seconds)
    return job_id


def jobs_of(client: FlaskClient) -> list[str]:
    """Return jobs that are: waiting, at work, done, failed, tried again later, cancelled."""
    waiting, running, finished, failed, paused, cancelled = (sent(client) for _ in range(6))
    transcripts.hear(running, "monday was a cold day")
    with db.transaction() as conn:
        leases.report(conn, running, 1, "Recognising speech, 0:01 of 0:03", 0.4)
    transcripts.finish(finished, "monday was cold", "and so was tuesday", doubtful="cold")
    end(failed)
    end(paused, 600)
    submission.cancel(cancelled)
    return [waiting, running, finished, failed, paused, cancelled]


def empty_pages(walk: Walk) -> None:
    """Look at what there is before there is anything."""
    walk.be(None)
    walk.look(
        "/",
        "/stt/",
        "/stt/transcripts",
        "/detect/",
        "/call/",
        "/api/docs/",
        "/jobs/",
        "/jobs/?q=none",
        "/jobs/?state=odd",
    )
    walk.look("/login", "/password/forgotten", "/password?token=x", "/operator?token=x")
    walk.look("/userreg/", "/nowhere")
    walk.be(logged_in(walk.app, member("newcomer")))
    walk.look("/", "/stt/", "/jobs/", "/account/", "/account/webhook/")
    walk.be(logged_in(walk.app, member("boss", role="operator")))
    walk.look("/", "/jobs/", "/ops/", "/processors/", "/userlist/", "/outbox/", "/ops/retention")


def pages_of_work(walk: Walk) -> None:
    """Look at work in each of its states."""
    client = guest(walk.app)
    jobs = jobs_of(client)
    pictures = [detecting.sent(client, name=f"{'faces' * 12}.png") for _ in range(4)]
    perform(pictures[1])
    end(pictures[2])
    submission.cancel(pictures[3])
    registered = job_of(register(client))
    perform_all()
    waits = job_of(register(client, login="ben", email="ben@example.org"))
    walk.be(client)
    walk.look("/", "/jobs/", f"/userreg/{registered}", f"/userreg/{waits}")
    walk.look(*(f"/{page}/{job_id}" for job_id in jobs for page in ("stt", "jobs")))
    walk.look(
        *corrected(client, jobs[2]), *(f"/stt/transcripts?q={word}" for word in ("cold", "x"))
    )
    walk.look(*(f"/detect/{job_id}" for job_id in pictures))
    for job_id in (jobs[5], pictures[1]):
        press(client, f"/jobs/{job_id}/delete")
    walk.look("/jobs/")


def corrected(client: FlaskClient, job_id: str) -> list[str]:
    """Correct a transcript, name who speaks, and share it; return the addresses of all that."""
    mine = f"/stt/{job_id}"
    press(client, f"{mine}/passages/0", text=f"Monday {LONG}", version="0")
    press(client, f"{mine}/speakers", said="0-9", name=LONG[:60])
    press(client, f"{mine}/shares", last_day="")
    shared = look(client, f"{mine}/shares").text.split('id="link-1" value="')[1].split('"')[0]
    shared = shared.removeprefix("http://localhost")
    parts = ("passages/0", "history", "speakers", "shares")
    return [*(f"{mine}/{part}" for part in parts), mine, shared, "/shared/?token=x"]


def pages_of_an_account(walk: Walk) -> None:
    """Look at what somebody has who has everything."""
    user = member("olena")
    client = logged_in(walk.app, user)
    client.set_cookie("language", walk.language)
    walk.be(client)
    job_id = sent(client)
    walk.look(f"/jobs/{job_id}", f"/stt/{job_id}")
    press(client, f"/jobs/{job_id}/mail", wanted="y")
    walk.look(f"/jobs/{job_id}")
    page, hook = "/account/", "/account/webhook/"
    walk.show("secret", send(client, hook, url=f"https://example.org/{LONG}").text)
    for number, state in enumerate(("finished", "failed", "cancelled")):
        ended = making.job(state, owner=f"user:{user}")
        making.execute(
            "INSERT INTO webhook_deliveries (webhook_id, about, service, state, ended_at, told_by,"
            f" delivered_at) SELECT id, '{ended}', 'stt', '{state}', now(),"
            f" {'NULL' if number == 2 else repr(ended)}, {'NULL' if number else 'now()'}"
            " FROM webhooks"
        )
    walk.show(
        "token", send(client, f"{page}tokens", page, name="robot", scopes="read", days="").text
    )
    walk.look(page, hook)
    walk.show("no address", send(client, hook, url="nowhere").text)
    for path in ("password", "tokens", "delete", "language"):
        walk.show(path, send(client, page + path, page, language="tlh").text)


def answers_of_forms(walk: Walk) -> None:
    """Look at what a form says that needs another look."""
    client = guest(walk.app)
    client.set_cookie("language", walk.language)
    walk.be(client)
    for path in ("/stt/", "/detect/"):
        walk.show(path, upload_bad(client, path))
    walk.show("/login", send(client, "/login", login="", password="").text)
    walk.show("/login", send(client, "/login", login="nobody", password="a guess").text)
    walk.show("forgotten", send(client, "/password/forgotten", email="").text)
    walk.show("sent", look(client, "/password/forgotten").text)
    walk.show("registering", register(client, **dict.fromkeys(ANN, "!")).text)
    walk.show("/call/", send(client, "/call/", call="prime", x="seven", level="11").text)
    walk.show("called", send(client, "/call/", call="prime", x="7", level="5").text)


def upload_bad(client: FlaskClient, path: str) -> str:
    """Send what nobody can use."""
    fields = {"csrf_token": hidden(look(client, path).text, "csrf_token")}
    body, kind = form([("bad.mp4", b"no film")], **fields)
    return client.post(path, data=body, content_type=kind, headers=HTML).text


def pages_of_operators(walk: Walk) -> None:
    """Look at what operators see, of everything some."""
    letters = processing.processor()
    processing.processor("down", desired="running", probe_at="2030-01-01T00:00:00Z")
    for kind in ("permanent", "unknown", "transient"):
        ids = processing.boxed(letters, 2, kind)
    old = processing.archived("old", letters)
    processing.add(letters, LONG, "b")
    processing.claim(letters)
    processing.lose(processing.take(letters, 2)[1])
    making.execute("DELETE FROM workers")
    making.busy(LONG)
    for days in (5, 20):
        keeping.ended(days, size=2_000_000)
        keeping.cycle(days)
    for state in ("waiting", "active", "locked"):
        member(state, state=state, role="operator", first_name=LONG)
    mail_ids = outbox()
    failed = queue().enqueue("x.y")
    Result.create_failure(failed, 600, f"Traceback\n{LONG * 3}", "host-1-a")
    client = logged_in(walk.app, member("chief", role="operator"))
    client.set_cookie("language", walk.language)
    imports = imported(client)

    walk.be(client)
    at = "/processors/letters"
    walk.look(
        "/", "/ops/", "/processors/", at, f"{at}/records/?status=dead", f"{at}/records/?http=1"
    )
    walk.look(f"{at}/records/?status=retry", f"{at}/records/{ids[0]}", f"{at}/records/{old}")
    walk.look(f"{at}/audit", f"{at}/import/", *(f"{at}/import/{job_id}" for job_id in imports))
    walk.look("/userlist/", "/userlist/?state=odd&sort=odd&limit=0", "/outbox/")
    walk.look(*(f"/outbox/{mail_id}" for mail_id in mail_ids))
    walk.look("/ops/retention", "/ops/retention?files_days=3")
    walk.look(
        "/ops/retention?files_days=0&jobs_days=x&history_days=", f"/rqmonitor/job/{failed.id}"
    )
    walk.show("no processor", send(client, "/processors/", name="A!", title="").text)
    walk.show("parameters", send(client, f"{at}/parameters", at, parallel="0").text)


def outbox() -> list[str]:
    """Let there be a mail of each state."""
    found = []
    for number, state in enumerate(mails.State):
        found.append(posted(login=f"person{number}"))
        with db.transaction() as conn:
            mails.settle(conn, found[-1], state, "A reason." if state == "dropped" else None)
    return found


def imported(client: FlaskClient) -> list[str]:
    """Let there be an import that has ended, with faults, and one that waits."""
    lines = f"id,town\n1,Львів\n2\n3,{LONG}".encode()
    jobs = [job_of(importing.send(client, lines)) for _ in range(2)]
    perform(jobs[0])
    return jobs


# Where each part of the walk leads.
PARTS: dict[Part, set[str]] = {
    empty_pages: {
        "account.index", "accounts.forgotten", "accounts.log_in", "accounts.operator",
        "accounts.password", "api_docs.index", "calls.index", "detection.index",
        "document.index", "home.index", "jobs.index",
        "mail.index", "ops.index", "processors.index", "retention.index", "speech.index",
        "userlist.index", "usrreg.index", "webhooks.index",
    },
    answers_of_forms: set(),
    pages_of_work: {
        "detection.show", "document.history", "document.index", "document.links",
        "document.passage", "document.people", "home.index", "jobs.index", "jobs.show",
        "shared.show", "speech.show", "usrreg.show",
    },
    pages_of_an_account: {
        "account.index", "jobs.show", "speech.show", "webhooks.index",
    },
    pages_of_operators: {
        "home.index", "importing.index", "importing.show", "mail.index", "mail.show",
        "monitor.show", "ops.index", "processor_records.index", "processor_records.show",
        "processors.history", "processors.index", "processors.show", "retention.index",
        "userlist.index",
    },
}  # fmt: skip


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.__name__)
def test_nothing_keeps_anybody_out(part: Part, walk: Walk) -> None:
    part(walk)

    assert walk.seen == PARTS[part]


def test_every_page_is_walked_to(app: Flask) -> None:
    pages = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if "GET" in (rule.methods or ()) and not rule.endpoint.startswith(OF_OTHERS)
    }

    assert pages - NO_PAGES == set().union(*PARTS.values()), "walk to those, too"
    assert NO_PAGES - pages == set(), "these are gone"


def test_what_scripts_say_keeps_nobody_out(page: Page) -> None:
    page.goto("/stt/")
    page.locator("#send").click()
    expect(page.get_by_text("Please choose a file.")).to_be_visible()

    results: Any = Axe().run(page)
    assert results.violations_count == 0, results.generate_report()
