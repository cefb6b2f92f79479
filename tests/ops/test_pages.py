"""The overview as a page: what operators see there, and how they let failures be tried again."""

import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app_srvc import engines
from app_srvc.admission import refusals
from app_srvc.admission.refusals import Kind
from app_srvc.errors import TookTooLong
from app_srvc.ops import retrying
from app_srvc.queues import CALLS, Queue
from app_srvc.words import _, translate
from tests.ops.making import execute, job, worker
from tests.support import processing, tasks
from tests.support.accounts import logged_in, member
from tests.support.pages import HTML, look, press
from tests.support.people import guest, operator, program
from tests.support.performing import perform
from tests.support.rows import rows, scalar
from tests.support.submitting import submit

WRONG = "The file is no good."


@pytest.fixture
def boss(app: Flask) -> FlaskClient:
    """Return the browser of an operator."""
    return operator(app)


def kind_of(reason: str) -> str:
    """Return what stands for a reason."""
    found: str = scalar("SELECT md5(reason) FROM jobs WHERE reason LIKE %s LIMIT 1", f"{reason}%")
    return found


def retry(client: FlaskClient, kind: str, queue: str = "stt") -> str:
    """Let a kind be tried again, and return what is said then."""
    answer = press(client, "/ops/failures/retry", queue=queue, kind=kind)
    assert (answer.status_code, answer.location) == (303, "/ops/#failures")
    page = look(client, "/ops/").text
    (said,) = re.findall(r'<p class="notice[^>]*>([^<]*)</p>', page)
    return str(said)


def test_nobody_but_an_operator_finds_anything(app: Flask, boss: FlaskClient) -> None:
    plain = logged_in(app, member("plain"))

    for path in ("/ops/", "/api/ops"):
        assert look(plain, path).status_code == 404
        assert look(boss, path).status_code == 200
    assert look(guest(app), "/ops/").status_code == 302
    assert program(app).get("/api/ops").status_code == 401
    assert 'href="/ops/"' in look(boss, "/").text
    assert 'href="/ops/"' not in look(plain, "/").text


def test_it_says_that_all_is_well_or_what_is_not(boss: FlaskClient) -> None:
    worker("w", *Queue)
    assert "All is well." in look(boss, "/ops/").text

    processing.boxed(processing.processor())
    execute("DELETE FROM workers WHERE name <> 'w'")
    page = look(boss, "/ops/").text
    assert "All is well." not in page
    assert "1 thing is not well." in page
    assert (
        '<a href="/processors/letters/records/?status=dead">'
        "Letters: 3 records wait for a decision (dead).</a>"
    ) in page


def test_an_empty_product_says_what_to_do_next(boss: FlaskClient) -> None:
    page = look(boss, "/ops/").text

    assert "No worker is alive" in page
    assert "python sttworker.py" in page
    assert "Add a processor" in page
    assert "A worker notes them once a minute." in page


def test_a_worker_leads_to_its_job_and_names_are_text(boss: FlaskClient) -> None:
    worker("w<b>", *Queue, memory_bytes=123_456_789)
    job_id = job("running", worker="w<b>", title="a<b>.flac", ran=120)

    page = look(boss, "/ops/").text
    assert f'<a href="/jobs/{job_id}"><bdi>a&lt;b&gt;.flac</bdi></a>' in page
    assert "123.5 MB" in page
    assert "<b>" not in page


def test_levels_of_calls_are_told_in_one(boss: FlaskClient) -> None:
    worker("w1", Queue.STT, *CALLS)
    worker("w2", CALLS[0], CALLS[3])
    page = look(boss, "/ops/").text

    assert "speech to text; quick calls, levels 0-9" in page
    assert "quick calls, levels 0, 3" in page


def test_one_kind_is_tried_again_and_no_other(boss: FlaskClient) -> None:
    alike = {job("failed", reason=WRONG) for _number in range(3)}
    others = [
        job("failed", reason="Another reason."), job("failed", "usrreg", reason=WRONG),
        job("failed", reason=WRONG, ago=90_000),
        job("failed", reason=WRONG, part_of=job("failed", reason="The whole.")),
    ]  # fmt: skip

    page = look(boss, "/ops/").text
    assert "3 jobs will wait again" in page
    assert 'href="/jobs/?state=failed&amp;queue=stt"' in page
    assert retry(boss, kind_of(WRONG)) == "3 jobs wait again."
    assert {row[0] for row in rows("SELECT id FROM jobs WHERE state = 'waiting'")} == alike
    still = rows("SELECT id FROM jobs WHERE state = 'failed' AND id = ANY(%s::uuid[])", others)
    assert len(still) == len(others)
    assert retry(boss, kind_of(WRONG)) == "No job waits again."


def test_what_really_failed_is_really_tried_again(boss: FlaskClient) -> None:
    ids = [submit(tasks.refuse) for _number in range(2)]
    for job_id in ids:
        perform(job_id)
    engines.current().stop(ids[0])
    delivered = engines.current().depth(Queue.STT)

    assert retry(boss, kind_of(WRONG)) == "2 jobs wait again."
    assert engines.current().depth(Queue.STT) > delivered
    perform(ids[0])
    assert "1 job will wait again" in look(boss, "/ops/").text


def test_a_reason_with_values_is_a_kind_too(boss: FlaskClient) -> None:
    for number in (1, 1, 2):
        job("failed", reason=_("There is no page %(number)s.", number=number))

    assert retry(boss, kind_of("There is no page 1.")) == "2 jobs wait again."


def test_no_more_than_some_hundreds_are_tried_again_at_once(
    boss: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retrying, "MOST_RETRIED", 5)
    monkeypatch.setattr(retrying, "AT_ONCE", 2)
    ids = [job("failed", reason=WRONG, ago=100 - number) for number in range(7)]

    said = retry(boss, kind_of(WRONG))
    assert said == "5 jobs wait again. There are more of this kind: press once more."
    assert {row[0] for row in rows("SELECT id FROM jobs WHERE state = 'waiting'")} == set(ids[:5])
    assert retry(boss, kind_of(WRONG)) == "2 jobs wait again."


def test_a_job_whose_file_is_gone_holds_up_no_other(
    boss: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retrying, "AT_ONCE", 1)
    gone, fine = (job("failed", reason=WRONG, ago=ago) for ago in (9, 5))
    execute("INSERT INTO job_files (job_id, key) VALUES (%s, 'gone')", gone)

    assert retry(boss, kind_of(WRONG)) == (
        "1 job waits again. 1 could not, as its file is no longer kept or somebody was quicker."
    )
    assert scalar("SELECT state FROM jobs WHERE id = %s", fine) == "waiting"
    assert scalar("SELECT state FROM jobs WHERE id = %s", gone) == "failed"


@pytest.mark.parametrize("fields", [{}, {"queue": "odd"}, {"kind": "x"}, {"kind": "0" * 31}])
def test_what_is_no_kind_is_refused(fields: dict[str, str], boss: FlaskClient) -> None:
    sent = {"queue": "stt", "kind": "0" * 32} | fields if fields else {}

    assert press(boss, "/ops/failures/retry", **sent).status_code == 422


def test_it_takes_a_token_to_try_again(boss: FlaskClient) -> None:
    job("failed", reason=WRONG)

    answer = boss.post(
        "/ops/failures/retry", data={"queue": "stt", "kind": kind_of(WRONG)}, headers=HTML
    )
    assert answer.status_code == 400
    assert scalar("SELECT state FROM jobs") == "failed"


def test_each_reader_reads_a_reason_in_their_language(boss: FlaskClient) -> None:
    job("failed", reason=TookTooLong.says)
    boss.set_cookie("language", "uk")

    page = look(boss, "/ops/").text
    assert translate(TookTooLong.says, "uk") in page
    assert str(TookTooLong.says) not in page


def test_limits_say_what_is_in_and_whom_they_refused(
    boss: FlaskClient, setting: Callable[..., None]
) -> None:
    setting(queue_limits="stt=7", rate_limits="uploads=5/hour,calls=off")
    for _number in range(3):
        job("waiting")
        refusals.count(Kind.QUEUE, "stt")
    refusals.count(Kind.OPEN, "uploads")

    page = look(boss, "/ops/").text
    assert "“speech to text” was full: 3 requests were refused within the last hour." in page
    assert "“uploads”: 1 request was let in uncounted within the last hour" in page
    table = page.partition('id="limits-now"')[2].partition("</table>")[0]
    rows = {
        re.findall("<kbd>(.+?)</kbd>", row)[0]: re.findall("<div>(.*?)</div>", row, re.DOTALL)
        for row in table.split("<tr")[2:]
    }
    assert [cell.strip() for cell in rows["stt"]] == ["7 at once", "3", "3", "3", "–"]
    assert [cell.strip() for cell in rows["uploads"]] == [
        "5 within an hour from each client", "–", "0", "0", "1",
    ]  # fmt: skip
    assert rows["calls"][0].strip() == "everything"
