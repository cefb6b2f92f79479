"""Every word on every page is marked for translation: found with a language that is all brackets.

Each sentence of it is the English one between ⟦ and ⟧. What stands outside was never marked, or
it is data, such as names and numbers.
"""

import ast
import re
from collections.abc import Callable, Iterator
from html import unescape
from itertools import chain, product
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app_srvc import db, words
from app_srvc.admission import refusals
from app_srvc.admission.refusals import Kind
from app_srvc.detection import detectors
from app_srvc.errors import PermanentError, TookTooLong
from app_srvc.jobs import submission
from app_srvc.jobs.repository import changes, history, leases, outcomes
from app_srvc.mail import letters, presenting
from app_srvc.mail import tasks as mailing
from app_srvc.ops.repository import failures
from app_srvc.queues import Queue
from app_srvc.speech.repository import segments
from app_srvc.webhooks import tasks as webhooks
from app_srvc.words import _
from tests.monitor.support import queue
from tests.ops import making
from tests.processors.importing import support as importing
from tests.support import (
    catalogs,
    detecting,
    keeping,
    networks,
    pictures,
    processing,
    transcripts,
)
from tests.support.accounts import logged_in, member
from tests.support.mailing import attempt, found, posted
from tests.support.pages import HTML, look, press, token, upload
from tests.support.people import guest, operator, program
from tests.support.performing import perform
from tests.support.performing import waiting as waiting_jobs
from tests.support.reading import Reader, unmarked
from tests.support.recordings import recording
from tests.support.registering import (
    ANN,
    job_of,
    link_of,
    perform_all,
    person,
    register,
    send,
    set_password,
)
from tests.support.rows import scalar
from tests.support.smtp import MailServer
from tests.support.web import form
from tests.support.workers import ROOT

# What the pages of these tests show that is the same in all languages.
DATA = re.compile(
    r"Cherha|rqmonitor|English|Українська|繁體中文|PocketSphinx|Google Web Speech"
    r"|Standard Webhooks|https://\S+|OpenAI whisper-1|OpenCV|YOLO|png|json|days\.flac"
    r"|bad\.flac|(?i:англійська) \(Сполучені Штати\)|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
    r"|(?:Ann|Archer|Olena|Koval|ann|olena|ben|robot)\d*|@example\.org|usrreg|SMTP_URL"
    r"|recordworker\.py|letters\.csv|[Ll]etters|[Dd]own|gone|HTTP|JSON|POST|It is wrong\."
    r"|application/xml|host-1-lane|CONNECTION_<NAME>|PostgreSQL|public|\bX\b"
    r"|<\?xml[^>]*>|</?(?:letter|to|n)>|<a/>|(?:permanent|unknown|transient)-\d|desired|pausing"
    r"|fibonacci|\bhello\b|\bprime\b|\b(?:n|x|name|world)\b|/call/\w+|-3"
    r"|RETENTION_DAYS|HISTORY_DAYS|QUEUE_LIMITS|RATE_LIMITS|docs/operations\.md|Nobody here|curl .+|http://\S+"
)
LETTER = re.compile(r"[^\W\d_]+")

Page = Callable[[FlaskClient], str]


@pytest.fixture
def brackets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Let Ukrainian be English in brackets."""
    folder = tmp_path / "uk" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "messages.po").write_bytes(catalogs.pseudo("uk"))
    monkeypatch.setattr(words, "FOLDER", tmp_path)
    for loaded in (words.catalog, letters._environment):
        loaded.cache_clear()
    yield "uk"
    monkeypatch.undo()
    for loaded in (words.catalog, letters._environment):
        loaded.cache_clear()


def sent(client: FlaskClient) -> str:
    """Send a recording and return its job."""
    return upload(client, (recording("days.flac"), "days.flac")).location.rpartition("/")[2]


def waiting(client: FlaskClient) -> str:
    """Return a job that waits behind another one."""
    sent(client)
    return sent(client)


def running(client: FlaskClient) -> str:
    """Return a job that is at work."""
    job_id = sent(client)
    transcripts.hear(job_id, "", "")
    with db.transaction() as conn:
        stage = _("Recognising speech, %(done)s of %(all)s", done="0:01", all="0:03")
        leases.report(conn, job_id, 1, stage, 0.4)
    return job_id


def cancelling(client: FlaskClient) -> str:
    """Return a job that runs and is being cancelled."""
    job_id = running(client)
    submission.cancel(job_id)
    return job_id


def finished(client: FlaskClient) -> str:
    """Return a job that was really done, and is one of two transcripts of its recording."""
    job_id = sent(client)
    perform(job_id)
    press(client, f"/stt/{job_id}/again")
    return job_id


def empty(client: FlaskClient) -> str:
    """Return a job that has found no speech."""
    job_id = sent(client)
    transcripts.finish(job_id, "")
    return job_id


def noted(client: FlaskClient) -> str:
    """Return a job with a note, whose recording is gone."""
    job_id = sent(client)
    note = _("The file is damaged after %(found)s; the rest is missing.", found="0:01")
    with db.transaction() as conn:
        changes.take(conn, job_id, "a")
        segments.plan(conn, job_id, [], words.join(note, _("No speech was found in it.")))
        outcomes.finish(conn, job_id, 1)
        conn.cursor().execute("UPDATE recordings SET file_key = NULL")
    return job_id


def doubtful(client: FlaskClient) -> str:
    """Return a job that has failed behind some words."""
    job_id = sent(client)
    transcripts.hear(job_id, "monday tuesday", doubtful="tuesday")
    with db.transaction() as conn:
        outcomes.fail(conn, job_id, 1, TookTooLong.says, pause_seconds=None)
    return job_id


def paused(client: FlaskClient) -> str:
    """Return a job that is tried again later."""
    job_id = sent(client)
    error = PermanentError(_("There is no sound in it."))
    with db.transaction() as conn:
        changes.take(conn, job_id, "a")
        outcomes.fail(conn, job_id, 1, error.sentence, pause_seconds=600, outcome="lost")
        told = _("Attempt %(number)s failed, and is tried again: %(reason)s")
        history.add_line(conn, job_id, told % {"number": 1, "reason": error.sentence})
    return job_id


def cancelled(client: FlaskClient) -> str:
    """Return a job that was cancelled."""
    job_id = sent(client)
    submission.cancel(job_id)
    return job_id


ZERO = "00000000-0000-0000-0000-000000000000"
OURSELVES = {"mail_from": "cherha@example.org", "public_url": "http://127.0.0.1"}
# What is not taken for a registration.
WRONG: list[object] = [[], ANN | {"login": 1}, dict.fromkeys(ANN, ""), dict.fromkeys(ANN, "?")]

STATES = (
    waiting, running, cancelling, finished, empty, noted, doubtful, paused, cancelled,
)  # fmt: skip


@pytest.mark.parametrize("prepare", STATES, ids=lambda it: it.__name__)
@pytest.mark.parametrize("path", ["/stt/{}", "/stt/{}?q=monday&times=off", "/jobs/{}", "/jobs/"])
def test_every_word_about_a_job_is_marked(
    path: str, prepare: Page, app: Flask, brackets: str
) -> None:
    client = guest(app)
    job_id = prepare(client)
    client.set_cookie("language", brackets)

    check(look(client, path.format(job_id)).text)


@pytest.mark.parametrize(
    "path",
    [
        "/", "/stt/", "/jobs/", "/jobs/?q=none", f"/jobs/?q={'x' * 201}", "/jobs/?state=odd",
        "/jobs/?before=odd", "/operator?token=x", "/nowhere", "/v1/nowhere",
        "/jobs/00000000-0000-0000-0000-000000000000",
    ],
)  # fmt: skip
def test_every_word_of_a_page_is_marked(path: str, client: FlaskClient, brackets: str) -> None:
    client.set_cookie("language", brackets)

    check(look(client, path).text)


def test_every_word_for_operators_is_marked(app: Flask, brackets: str) -> None:
    client = operator(app)
    client.set_cookie("language", brackets)

    for path in ("/", "/jobs/", "/operator?token=x"):
        check(look(client, path).text)


def test_every_word_about_recognisers_is_marked(
    app: Flask, brackets: str, setting: Callable[..., None]
) -> None:
    setting(openai_api_key="key", google_speech_key="key")
    client = guest(app)
    client.set_cookie("language", brackets)

    page = re.sub(r"<option.*?</option>", "", look(client, "/stt/").text)
    check(page)
    assert "⟦, or ⟧" in page


def test_every_word_about_refused_files_is_marked(app: Flask, brackets: str) -> None:
    client = guest(app)
    client.set_cookie("language", brackets)

    check(upload(client, (b"no sound", "bad.flac")).text)
    check(upload(client).text)
    mixed = upload(client, (b"no sound", "bad.flac"), (recording("days.flac"), "days.flac"))
    check(look(client, mixed.location).text)
    two = [(recording("days.flac"), "days.flac"), (recording("days.flac"), "days.flac")]
    page = look(client, upload(client, *two).location).text
    check(page)
    assert "⟦2 recordings are being transcribed.⟧" in page


def test_every_word_about_a_change_is_marked(app: Flask, brackets: str) -> None:
    client = guest(app)
    job_id = cancelled(client)
    client.set_cookie("language", brackets)

    check(press(client, f"/stt/{job_id}/name", title=" ").text)
    check(press(client, f"/stt/{job_id}/name", title="x" * 201).text.replace("x" * 201, ""))
    check(press(client, f"/jobs/{job_id}/cancel").text)
    check(client.post(f"/jobs/{job_id}/cancel", headers=HTML).text)
    gone = look(client, press(client, f"/jobs/{job_id}/delete").location).text
    check(gone)
    assert "⟦days.flac was deleted.⟧" in gone


def test_every_word_in_json_is_marked(app: Flask, brackets: str) -> None:
    client = guest(app)
    job_id = doubtful(client)
    client.set_cookie("language", brackets)

    job = client.get(f"/api/jobs/{job_id}").json
    events = client.get(f"/jobs/{job_id}/events").text
    task = client.get(f"/stt/task/{job_id}").json
    narrowed = client.get("/api/jobs?limit=0").json
    assert job is not None
    assert task is not None
    assert narrowed is not None
    assert job["message"] == job["reason"] == task["reason"] == "⟦It took longer than it may.⟧"
    assert job["state"] == task["status"] == "failed"
    assert "\\u27e6It took longer than it may.\\u27e7" in events
    assert narrowed["title"] == "⟦Please have another look⟧"
    assert narrowed["errors"] == {"limit": ["⟦This takes a number from 1 to 100.⟧"]}


def test_what_programs_know_from_elsewhere_stays_english(app: Flask, brackets: str) -> None:
    client = guest(app)
    client.set_cookie("language", brackets)

    answer = client.get("/v1/models/none").json
    assert answer is not None
    assert answer["error"]["message"] == "There is no model called none."


def test_languages_have_the_readers_names_in_the_readers_order(
    app: Flask, setting: Callable[..., None]
) -> None:
    setting(openai_api_key="key")
    client = guest(app)
    client.set_cookie("language", "uk")

    names = re.findall(r'<option value="[a-z]+">(.+?)</option>', look(client, "/stt/").text)
    some = ["Англійська", "Грузинська", "Данська", "Італійська", "Казахська", "Японська"]
    assert [name for name in names if name in some] == some


@pytest.fixture
def reader(app: Flask, brackets: str) -> FlaskClient:
    """Open the browser of a guest who reads it."""
    client = guest(app)
    client.set_cookie("language", brackets)
    return client


def test_every_word_about_pictures_is_marked(
    reader: FlaskClient, setting: Callable[..., None], tmp_path: Path
) -> None:
    setting(yolo_model=networks.save(tmp_path / "gone.onnx"), max_video_frames=1)
    detectors.load.cache_clear()
    check(look(reader, "/detect/").text)
    waiting, done, broken, film = (
        detecting.sent(reader, data)
        for data in (b"", b"", b"BM", pictures.video([pictures.portrait()] * 2))
    )
    for job_id in (done, broken, film):
        perform(job_id)
    for job_id in (waiting, done, broken, film):
        for path in (f"/detect/{job_id}", f"/detect/{job_id}?threshold=1", f"/jobs/{job_id}"):
            check(look(reader, path).text)
    with db.transaction() as conn:
        conn.cursor().execute("UPDATE detected_frames SET picture_key = NULL")
    check(look(reader, f"/detect/{done}").text)
    for data in (b"text", b"", b"<svg", b"\0\0\0\x18ftypheic"):
        body, content_type = form([("days.flac", data)], csrf_token=token(reader))
        check(reader.post("/detect/", data=body, content_type=content_type, headers=HTML).text)


def test_every_word_about_a_document_is_marked(reader: FlaskClient) -> None:
    def check_after(path: str, **fields: str) -> None:
        answer = press(reader, path, **fields)
        check(
            (look(reader, answer.location) if answer.location else answer).text.replace(
                "x" * 61, ""
            )
        )

    job_id = sent(reader)
    check(look(reader, "/stt/transcripts").text)
    check(look(reader, f"/stt/{job_id}/speakers").text)
    check_after(f"/stt/{job_id}/shares")
    transcripts.finish(job_id, "n", "x")
    mine = f"/stt/{job_id}"
    for part in ("history", "speakers", "shares", "passages/0", "passages/9"):
        check(look(reader, f"{mine}/{part}").text)
    for version in ("0", "0", "7"):
        check_after(f"{mine}/passages/0", text="name", version=version)
    check_after(f"{mine}/passages/0/versions/0", version="0")
    check_after(f"{mine}/speakers", said="0-9", name="Ann")
    check_after(f"{mine}/speakers", said="9-99", name="Olena")
    check_after(f"{mine}/speakers", name="x" * 61)
    check_after(f"{mine}/speakers/names", **{"name-1": "Olena"})
    for day in ("", "x", "2020-01-01"):
        check_after(f"{mine}/shares", last_day=day)
    for part in ("history", "speakers", "shares", "passages/0"):
        check(look(reader, f"{mine}/{part}").text)
    address = look(reader, f"{mine}/shares").text.split('id="link-1" value="')[1].split('"')[0]
    for path in (address, "/shared/?token=x"):
        check(look(reader, path).text)
    for query in ("q=name", "q=none", "before=x", f"before=2020-01-01~{ZERO}"):
        check(look(reader, f"/stt/transcripts?{query}").text)
    check_after("/stt/transcripts.zip")
    press(reader, f"/jobs/{job_id}/delete?back=result")
    check(look(reader, "/stt/transcripts").text)
    undo = f"/jobs/{job_id}/undo?back=result"
    check(look(reader, press(reader, undo).location).text)
    check_after(undo)


@pytest.fixture(params=["with mail", "without mail"])
def mail(request: pytest.FixtureRequest, setting: Callable[..., None]) -> None:
    """Let the server send mail, or leave it to its operators."""
    if request.param == "with mail":
        setting(smtp_url="smtp://127.0.0.1:1/?tls=none", **OURSELVES)


@pytest.mark.usefixtures("mail")
def test_every_word_about_a_registration_is_marked(reader: FlaskClient) -> None:
    check(look(reader, "/userreg/").text)
    check(register(reader, **dict.fromkeys(ANN, "")).text)
    check(register(reader, **dict.fromkeys(ANN, "x" * 500)).text.replace("x" * 500, ""))
    check(register(reader, **dict.fromkeys(ANN, "?")).text)

    first, second = job_of(register(reader)), job_of(register(reader, login="ann2"))
    cancelled = job_of(register(reader, login="ben", email="ben@example.org"))
    submission.cancel(cancelled)
    check(look(reader, f"/userreg/{first}").text)
    perform_all()
    for job_id in (first, second, cancelled):
        check(look(reader, f"/userreg/{job_id}").text)
        check(look(reader, f"/jobs/{job_id}").text)
    check(look(reader, "/jobs/").text)
    check(look(reader, f"/userreg/{sent(reader)}").text)


def test_every_word_about_a_wrong_registration_is_marked_for_programs(
    app: Flask, brackets: str
) -> None:
    headers = {"Accept": "application/json", "Accept-Language": brackets}

    for body in WRONG:
        answer = program(app).post("/userregres/", json=body, headers=headers).json
        assert answer is not None
        texts = [answer["title"], answer["detail"], *chain(*answer.get("errors", {}).values())]
        assert [text for text in texts if unmarked(text)] == []


def test_every_word_about_calls_is_marked(reader: FlaskClient, app: Flask, brackets: str) -> None:
    check(look(reader, "/call/").text)
    for name, field, value in (
        ("fibonacci", "n", "-3"),
        ("prime", "x", "x" * 9),
        ("hello", "level", "x"),
    ):
        form = {"call": name, field: value, "csrf_token": token(reader, "/call/")}
        answer = reader.post("/call/", data=form, headers=HTML)
        assert answer.status_code == 422
        check(answer.text.replace("x" * 9, ""))
    headers = {"Accept": "application/json", "Accept-Language": brackets}
    for path in ("prime", "prime?x=1&y=2", f"prime?x={10**300}", "fibonacci?n=30000", "nobody"):
        problem = program(app).get(f"/call/{path}", headers=headers).json
        assert problem is not None
        texts = [problem["title"], problem["detail"], *chain(*problem.get("errors", {}).values())]
        assert [text for text in texts if unmarked(text)] == []


def test_every_word_about_what_rq_holds_is_marked(app: Flask, brackets: str) -> None:
    client = logged_in(app, member("olena", role="operator", language=brackets))
    known = sent(client)
    for job_id in (known, "cycle_1", "gone"):
        queue("usrreg").enqueue("x.y", job_id=job_id, result_ttl=1, failure_ttl=2)
        page = look(client, f"/rqmonitor/job/{job_id}").text
        for data in ("rqmonitor", "x.y()", "cycle_1"):
            page = page.replace(data, "")
        check(page)


@pytest.mark.usefixtures("mail")
def test_every_word_on_the_way_in_is_marked(reader: FlaskClient) -> None:
    person(reader.application, client=reader)
    check(look(reader, press(reader, "/logout").location).text)
    check(look(reader, "/login").text)
    for fields in ({}, {"login": "ann"}, {"login": "ann", "password": "a guess"}):
        check(send(reader, "/login", **fields).text)
    for _number in range(11):
        answer = send(reader, "/login", login="ben", password="a guess")
    check(answer.text)

    check(look(reader, "/password/forgotten").text)
    for email in ("", "?", "ann@example.org"):
        check(send(reader, "/password/forgotten", email=email).text)
    perform_all()
    link = link_of("ann")
    check(look(reader, link).text)
    for password in ("", "short", "a" * 20, "x1" * 150, "ann@example.org"):
        check(set_password(reader, link, password).text)
    check(look(reader, set_password(reader, link).location).text)
    check(look(reader, link).text)


def test_every_word_of_an_account_is_marked(reader: FlaskClient) -> None:
    client = person(reader.application, client=reader)

    check(look(client, "/account/").text)
    check(send(client, "/account/password", "/account/").text)
    wrong = {"current": "a guess", "password": "another six plain words", "again": "x"}
    check(send(client, "/account/password", "/account/", **wrong).text)
    check(send(client, "/account/password", "/account/", **wrong | {"again": ""}).text)
    check(send(client, "/account/language", "/account/", language="tlh").text)
    check(send(client, "/account/delete", "/account/").text)
    check(send(client, "/account/delete", "/account/", password="a guess").text)
    for name, scopes in (("", []), ("\0", ["odd"]), ("x" * 101, ["read"])):
        page = send(client, "/account/tokens", "/account/", name=name, scopes=scopes, days="odd")
        check(page.text.replace("x" * 101, ""))
    for days in ("30", ""):
        made = {"name": "robot", "scopes": ["read", "submit"], "days": days}
        check(send(client, "/account/tokens", "/account/", **made).text)
    check(look(client, "/account/").text)
    token = scalar("SELECT id FROM api_tokens LIMIT 1")
    for path in (f"/account/tokens/{token}/revoke",) * 2 + ("/account/sessions/end",):
        answer = press(client, path)
        check(answer.text if answer.status_code >= 400 else look(client, answer.location).text)


def test_every_word_about_being_told_is_marked(reader: FlaskClient) -> None:
    client = person(reader.application, client=reader)
    hook = "/account/webhook/"
    check(look(client, hook).text)
    for url in ("", "nowhere", "https://ann@example.org/", "https://" + "x" * 2000):
        check(send(client, hook, url=url).text.replace("x" * 2000, ""))
    check(re.sub(r"whsec_[^\"]+", "", send(client, hook, url="https://127.0.0.1/").text))
    check(look(client, hook).text)

    job_id, ended = sent(client), sent(client)
    for _number in range(2):
        press(client, f"/jobs/{job_id}/mail", **({} if _number else {"wanted": "y"}))
        check(look(client, f"/jobs/{job_id}").text)
    press(client, f"/jobs/{job_id}/mail", wanted="y")
    for one in (job_id, ended):
        submission.cancel(one)
    check(press(client, f"/jobs/{job_id}/mail", wanted="y").text)
    webhooks.tick(0)
    mailing.tick(0)
    perform(waiting_jobs(Queue.WEBHOOKS)[0])
    check(look(client, hook).text)
    again = f"{hook}{scalar('SELECT id FROM webhook_deliveries LIMIT 1')}/again"
    for path in (again, f"{hook}{ZERO}/again", f"{hook}remove"):
        answer = press(client, path)
        check(answer.text if answer.status_code >= 400 else look(client, answer.location).text)
    letter = presenting.letter(found(scalar("SELECT id FROM mails WHERE kind = 'ended'")))
    told = unmarked(letter.subject + letter.text).replace("/jobs/", "")
    assert LETTER.findall(DATA.sub("", told)) == []


def test_every_word_about_people_is_marked(app: Flask, brackets: str) -> None:
    client = operator(app)
    client.set_cookie("language", brackets)
    check(look(client, "/userlist/").text)

    people = [member("olena"), member("ann", state="locked", role="operator"),
              member("ben", state="waiting")]  # fmt: skip
    for query in ("", "?q=ann", "?q=nobody", "?q=%00", f"?q={'x' * 201}", "?state=odd&sort=odd"):
        check(look(client, f"/userlist/{query}").text.replace("x" * 201, ""))
    page = look(client, "/userlist/?limit=0&after=odd").text
    check(re.sub(">(limit|after): ", ">", page))
    after = re.search(r'rel="next" href="([^"]+)"', look(client, "/userlist/?limit=1").text)
    assert after is not None
    check(look(client, f"/userlist/{unescape(after[1])}").text)
    for user_id, action in product([*people, ZERO], ("link", "lock", "unlock")):
        answer = press(client, f"/userlist/{user_id}/{action}")
        check(answer.text if answer.status_code >= 400 else look(client, "/userlist/").text)


def test_every_word_about_mail_is_marked(
    app: Flask, brackets: str, setting: Callable[..., None], smtp_server: MailServer
) -> None:
    client = operator(app)
    client.set_cookie("language", brackets)
    check(look(client, "/outbox/").text)
    check(look(client, "/outbox/?before=odd").text)
    check(look(client, f"/outbox/{ZERO}").text)

    kept = posted("welcome", login="ann", language=brackets)
    attempt(kept)
    mails = [kept, posted("changed", login="ben", language=brackets)]
    for said in ("550 5.1.1 Nobody here", "451 4.3.2 Later", None):
        smtp_server.start(**({"answer-to": "rcpt", "answer": said} if said else {}))
        setting(smtp_url=smtp_server.url, **OURSELVES)
        mails.append(posted("reset", login=f"olena{len(mails)}", language=brackets))
        attempt(mails[-1])
    smtp_server.stop()
    mails.append(posted("exists", login="olena", language=brackets))
    attempt(mails[-1])
    for path in ("/outbox/", "/jobs/", *(f"/outbox/{mail_id}" for mail_id in mails)):
        check(look(client, path).text)
    for mail_id in mails:
        answer = press(client, f"/outbox/{mail_id}/again")
        check(answer.text if answer.status_code >= 400 else look(client, answer.location).text)
        check(look(client, f"/outbox/{mail_id}").text)


def test_every_word_about_what_is_kept_is_marked(app: Flask, brackets: str) -> None:
    client = operator(app)
    client.set_cookie("language", brackets)
    at = "/ops/retention"
    keeping.ended(40, size=1)
    keeping.cycle(1)
    for query in ("", "?files_days=7", "?files_days=30", "?files_days=x&jobs_days=0&history_days="):
        check(look(client, f"{at}{query}").text)
    for days in ("x", "7", "8"):
        answer = press(client, at, version="0", files_days=days, jobs_days="9")
        check(answer.text if answer.status_code >= 400 else look(client, at).text)


def test_every_word_about_processors_is_marked(
    app: Flask, brackets: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = operator(app)
    client.set_cookie("language", brackets)
    check(look(client, "/processors/").text)
    for name in ("", "?"):
        check(press(client, "/processors/", name=name, title="\0", handler="odd").text)
    letters, _down = processing.processor(), processing.processor(
        "down", desired="running", probe_at="2030-01-01T00:00:00Z", handler="gone"
    )  # fmt: skip
    for kind in ("permanent", "unknown", "transient"):
        processing.boxed(letters, 2, kind)
    for action in ("run", "pause", "start", "stop", "start"):
        check(look(client, press(client, f"/processors/letters/{action}").location).text)
    ids = processing.add(letters, "7", "8")
    processing.claim(letters)
    for one in processing.take(letters, 2):
        processing.lose(one)
    for path in ("", "letters", "down", "letters/audit", "none", "letters?back=list"):
        check(look(client, f"/processors/{path}").text)
    for action in ("stop", "stop"):
        check(look(client, press(client, f"/processors/letters/{action}").location).text)
    wrong = dict.fromkeys(("pause_seconds", "batch_size", "on_unknown", "title", "version"), "?")
    check(press(client, "/processors/letters/parameters", **wrong | {"title": "\0"}).text)
    check(press(client, "/processors/down/delete").text)
    check_source(client)
    check_records(client, ids[0])


def test_every_word_of_the_overview_is_marked(
    app: Flask, brackets: str, setting: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    client = operator(app)
    client.set_cookie("language", brackets)
    check(look(client, "/ops/").text)
    processing.boxed(processing.processor(), 1)
    processing.processor("down", desired="running", probe_at="2030-01-01T00:00:00Z")
    posted(login="olena")
    making.execute("DELETE FROM workers")
    making.busy(_("There is no sound in it."))
    monkeypatch.setattr(failures, "MOST_FAILURES", 3)
    monkeypatch.setattr(failures, "MOST_KINDS", 1)
    check(look(client, "/ops/").text)
    kind = scalar("SELECT md5(reason) FROM jobs WHERE state = 'failed' LIMIT 1")
    for sent in ({}, {"queue": "stt", "kind": kind}, {"queue": "stt", "kind": kind}):
        answer = press(client, "/ops/failures/retry", **sent)
        check(answer.text if answer.status_code >= 400 else look(client, answer.location).text)
    setting(min_free_bytes=10**18, queue_url="unix:///nowhere", max_queue_depth=1)
    check(look(client, "/ops/").text)
    setting(storage_url="file:///dev/null/files")
    check(look(client, "/ops/").text)


def test_every_word_about_too_much_is_marked(
    app: Flask, brackets: str, setting: Callable[..., None]
) -> None:
    client = operator(app)
    client.set_cookie("language", brackets)
    setting(rate_limits="*=1/minute,registrations=1/day")
    stranger, olena = guest(app), logged_in(app, member("olena"))
    for reader in (stranger, olena):
        reader.set_cookie("language", brackets)
        for _number in range(2):
            register(reader)
            press(reader, "/language", language=brackets)
    check(register(stranger).text)
    check(press(stranger, "/language", language=brackets).text)
    check(press(olena, "/account/sessions/end").text)

    refusals.count(Kind.QUEUE, "stt")
    refusals.count(Kind.OPEN, "uploads")
    check(look(client, "/ops/").text)


def test_every_word_about_an_import_is_marked(app: Flask, brackets: str) -> None:
    client = operator(app)
    client.set_cookie("language", brackets)
    importing.add_processor()
    check(look(client, importing.PATH).text)
    table, tree = b"X,letters\n1,2\n3\n1,3\n", b"<X><letters/></X>"
    files: list[tuple[bytes, dict[str, str]]] = [
        (b"", {}), (b"no tree", {"format": "xml"}), (tree, {"format": "odd"}),
        (table, {"key": "x" * 501, "order_key": "x", "delimiter": "odd", "header": "odd"}),
        (table, {"key": "X", "order_key": "letters"}), (table, {"key": "X"}),
        (table, {"key": "gone"}), (b'{"X": 1}\n{\n', {"format": "jsonl"}),
        (tree, {"format": "xml", "record_path": "/X/letters"}), (tree, {"format": "xml"}),
        (b"<X><letters></X>", {"format": "xml", "record_path": "/X/letters"}),
    ]  # fmt: skip
    for content, fields in files:
        answer = importing.send(client, content, **fields)
        if answer.status_code >= 400:
            check(answer.text)
            continue
        check(look(client, answer.location).text)
        job_id = answer.location.rpartition("/")[2]
        perform(job_id)
        for address in (answer.location, f"{answer.location}?after=9999", f"/jobs/{job_id}"):
            check(look(client, address).text)
    check(look(client, importing.PATH).text)
    check(look(client, f"{importing.PATH}{ZERO}").text)


def check_source(client: FlaskClient) -> None:
    """Choose where the records of a processor come from, rightly at last."""
    table = {"connection": "X", "table": "X", "key": "X", "mark_column": "X", "mark_overlap": "1"}
    for desired, wrong in (
        ("running", {}), ("stopped", {"connection": "x", "mark_overlap": "x"}),
        ("stopped", {"connection": "", "mark_overlap": ""}), ("stopped", {"mark_column": ""}),
        ("stopped", {"columns": "X", "body": "X"}), ("stopped", {}),
    ):  # fmt: skip
        processing.change("down", desired=desired)
        sent = {f"source.{name}": text for name, text in (table | wrong).items()}
        answer = press(client, "/processors/down/source", source="postgresql", version="0", **sent)
        check(answer.text if answer.status_code >= 400 else look(client, answer.location).text)
    check(press(client, "/processors/down/source", source="odd", version="0").text)


def check_records(client: FlaskClient, record_id: int) -> None:
    """Look at the boxes, and at a record."""
    at = "/processors/letters/records"
    for query in (
        "?status=dead", "?status=uncertain", "?status=retry", "?q=none", "?q=%00&http=1&since=odd",
        "?after=odd", "?after=~0&status=retry",
    ):  # fmt: skip
        check(look(client, f"{at}/{query}").text)
    check(press(client, f"{at}/change").text)
    check(press(client, f"{at}/change", act_all="done", status="retry").text)
    for act in ("replay", "replay-new", "done"):
        done = press(client, f"{at}/change?record={record_id}", act_all=act, status="dead")
        check(look(client, done.location).text)
        check(look(client, look(client, f"{at}/find?key=none").location).text)
    check(press(client, f"{at}/{record_id}/payload", body="<").text)
    check(press(client, f"{at}/{record_id}/payload", body="<a/>").text)
    check(look(client, f"{at}/0").text)
    old = processing.archived("9", scalar("SELECT id FROM processors WHERE name = 'letters'"))
    check(look(client, f"{at}/{old}").text)
    for handler, config in (("log", "{}"), ("xml.validate", '{"xsd": "x"}'), ("sql", "{}"),
                            ("http", '{"url": "http://127.0.0.1/"}')):  # fmt: skip
        processing.change("letters", handler=handler, config=config)
        answer = press(client, f"{at}/{record_id}/try")
        check(answer.text if answer.status_code == 200 else look(client, answer.location).text)


# What is told to operators at their terminal, or caught by our own code.
NOT_FOR_READERS = {
    "ArgumentTypeError", "CannotStart", "ConnectTimeout", "EngineDown", "FileNotFoundError",
    "LookupError", "ModuleNotFoundError", "NotConfirmed", "OSError", "OperationalError",
    "Refused", "RemoteProtocolError", "RuntimeError", "Shorter", "TypeError",
    "ValueError", "WrongSetting", "late",
}  # fmt: skip
# What tells or records something besides `raise`.
TELLING = {
    "add_line", "fail", "flash", "give_up", "note", "report", "settle", "PermanentError",
    "RemoteDown", "__init__",
}  # fmt: skip
MARKING = {"_", "ngettext"}
IN_ENGLISH = ROOT / "app_srvc" / "speech" / "openai" / "api.py"


def telling(path: Path) -> Iterator[ast.Call]:
    """Yield the calls of a module that make what people read."""
    for node in ast.walk(ast.parse(path.read_text())):
        raised = list(ast.walk(node.exc)) if isinstance(node, ast.Raise) and node.exc else []
        for call in raised or [node]:
            if isinstance(call, ast.Call):
                name = str(getattr(call.func, "id", "") or getattr(call.func, "attr", ""))
                if name in TELLING or (raised and name not in NOT_FOR_READERS | MARKING):
                    yield call


@pytest.mark.parametrize(
    "path",
    [path for path in sorted((ROOT / "app_srvc").rglob("*.py")) if path != IN_ENGLISH],
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_what_is_raised_flashed_or_recorded_is_marked(path: Path) -> None:
    unmarked = [
        ast.unparse(call)
        for call in telling(path)
        for value in call.args
        if isinstance(value, ast.JoinedStr)
        or (isinstance(value, ast.Constant) and " " in str(value.value))
    ]

    assert unmarked == []


def check(page: str) -> None:
    """Look for letters of the page's own language that are in no brackets."""
    reader = Reader(page)
    texts = [reader.written, *reader.spoken]
    left = [found for text in texts for found in LETTER.findall(DATA.sub("", unmarked(text)))]

    assert "⟦" in page
    assert left == []
