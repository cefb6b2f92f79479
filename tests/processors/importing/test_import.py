"""A file on its way in: accepted at once, taken in by a worker, each record once."""

import subprocess
import sys
from collections.abc import Callable

import pytest
from flask import Flask

from app_srvc import db
from app_srvc.errors import NoLongerOurs
from app_srvc.jobs import deleting, submission
from app_srvc.jobs.states import State
from app_srvc.processors.importing import work
from app_srvc.processors.repository import imports, intake
from tests.processors.importing.support import (
    JSON,
    PATH,
    add_processor,
    counts,
    faults,
    found,
    imported,
    operator,
    payload,
    robot,
    send,
    send_as,
)
from tests.support.pages import look
from tests.support.people import program
from tests.support.performing import perform
from tests.support.rows import scalar
from tests.support.workers import ROOT, job

ROWS = b"id,name\n" + b"".join(b"%d,x%d\n" % (n, n) for n in range(1, 11))


def test_a_file_is_accepted_at_once_and_its_records_follow(app: Flask) -> None:
    processor_id = add_processor()
    client = operator(app)

    answer = send(client, ROWS, key="id")
    job_id = answer.location.rpartition("/")[2]
    assert answer.location == f"{PATH}{job_id}"
    assert scalar("SELECT count(*) FROM records") == 0
    perform(job_id)
    assert job(job_id).state == State.FINISHED
    assert counts(found(job_id)) == (10, 0, 0)
    assert found(job_id).position == 10
    statement = "SELECT count(*) FROM records WHERE processor_id = %s AND status = 'new'"
    assert scalar(statement, processor_id) == 10
    assert payload("7") == b'{"id":"7","name":"x7"}'
    assert scalar("SELECT string_agg(source_key, ',' ORDER BY id) FROM records").startswith("1,2,3")


def test_the_same_file_twice_adds_nothing(app: Flask) -> None:
    add_processor()
    client = operator(app)
    imported(client, ROWS)

    assert counts(imported(client, ROWS)) == (0, 10, 0)


def test_a_record_that_is_archived_is_known(app: Flask) -> None:
    processor_id = add_processor()
    client = operator(app)
    with db.transaction() as conn, conn.cursor() as cur:
        cur.execute(
            "INSERT INTO archived_records SELECT 1000000, %s, '7', gen_random_uuid(), 1, now(),"
            " now()",
            (processor_id,),
        )

    assert counts(imported(client, ROWS, key="id")) == (9, 1, 0)


def test_other_content_under_a_known_key_stays_out_and_is_told(app: Flask) -> None:
    add_processor()
    client = operator(app)
    imported(client, ROWS, key="id")

    again = imported(client, ROWS.replace(b"x7", b"changed"), key="id")
    assert counts(again) == (0, 10, 0)
    assert faults(again) == {8: work.OTHER_CONTENT}
    assert payload("7") == b'{"id":"7","name":"x7"}'


def test_what_an_operator_has_changed_since_is_no_other_content(app: Flask) -> None:
    add_processor()
    client = operator(app)
    imported(client, ROWS, key="id")
    with db.transaction() as conn, conn.cursor() as cur:
        cur.execute(
            "INSERT INTO record_payload_versions SELECT record_id, 1, media_type, body, 'me'"
            " FROM record_payloads"
        )
        cur.execute("UPDATE record_payloads SET body = 'mended'")

    assert faults(imported(client, ROWS, key="id")) == {}


@pytest.mark.parametrize("batch", [2, 1000])
def test_a_key_twice_in_a_file_is_bad_unless_all_of_it_is_the_same(
    app: Flask, monkeypatch: pytest.MonkeyPatch, batch: int
) -> None:
    add_processor()
    monkeypatch.setattr(work, "BATCH", batch)

    done = imported(operator(app), b"id,b\n1,x\n2,x\n1,y\n2,x\n3,x\n", key="id")
    assert counts(done) == (3, 1, 1)
    assert faults(done) == {4: work.SECOND_TIME}


def test_more_faults_than_are_kept_are_counted(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    add_processor()
    monkeypatch.setattr(work, "BATCH", 3)
    monkeypatch.setattr(work, "MOST_FAULTS", 4)

    done = imported(operator(app), b"id,b\n" + b"1\n" * 10 + b"7,x\n", key="id")
    assert counts(done) == (1, 0, 10)
    assert len(faults(done)) == 4


KILLED = """
import os, signal, sys
from app_srvc.jobs import registry, running
from app_srvc.processors.importing import work
from app_srvc.processors.repository import imports
registry.load()
work.BATCH = 3
left, moment = 2, sys.argv[2]
def dying(function, is_before):
    def called(*args):
        global left
        left -= 1
        if left == 0 and is_before:
            os.kill(os.getpid(), signal.SIGKILL)
        result = function(*args)
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return result
    return called
if moment == "in":
    imports.advance = dying(imports.advance, False)
else:
    work._Run.save = dying(work._Run.save, moment == "before")
running.perform(sys.argv[1], "doomed")
"""


@pytest.mark.parametrize(("moment", "stands"), [("before", 3), ("in", 3), ("after", 6)])
def test_killed_at_any_moment_it_goes_on_and_counts_nothing_twice(
    app: Flask, moment: str, stands: int
) -> None:
    add_processor()
    content = ROWS + b"bad\n1,other\n"
    job_id = send(operator(app), content, key="id").location.rpartition("/")[2]

    killed = subprocess.run([sys.executable, "-c", KILLED, job_id, moment], cwd=ROOT)
    assert killed.returncode == -9
    assert found(job_id).position == stands
    assert scalar("SELECT count(*) FROM records") == stands
    with db.transaction() as conn, conn.cursor() as cur:
        cur.execute("UPDATE jobs SET state = 'waiting', worker = NULL, lease_until = NULL")
    perform(job_id)
    assert counts(found(job_id)) == (10, 0, 2)
    assert list(faults(found(job_id))) == [12, 13]
    assert scalar("SELECT count(*) FROM records") == 10


def test_an_attempt_that_has_lost_its_job_writes_nothing(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_processor()
    job_id = send(operator(app), ROWS, key="id").location.rpartition("/")[2]
    add_many = intake.add_many

    def lose(conn: db.Connection, *args: object) -> object:
        with db.transaction() as other:
            imports.advance(other, job_id, 0, imports.Counts(10, 0, 0, 0))
        return add_many(conn, *args)  # type: ignore[arg-type]

    monkeypatch.setattr(intake, "add_many", lose)
    with pytest.raises(NoLongerOurs):
        work.take_in(job_id)
    assert scalar("SELECT count(*) FROM records") == 0


def test_a_job_that_was_cancelled_takes_nothing_in(app: Flask) -> None:
    add_processor()
    job_id = send(operator(app), ROWS, key="id").location.rpartition("/")[2]
    submission.cancel(job_id)

    perform(job_id)
    assert counts(found(job_id)) == (0, 0, 0)


def test_a_file_that_is_gone_ends_the_job_with_that_reason(app: Flask) -> None:
    add_processor()
    job_id = send(operator(app), ROWS, key="id").location.rpartition("/")[2]
    with db.transaction() as conn, conn.cursor() as cur:
        cur.execute("UPDATE record_imports SET file_key = NULL")

    perform(job_id)
    assert job(job_id).state == State.FAILED
    assert job(job_id).reason == work.GONE


@pytest.mark.parametrize(
    ("content", "kind", "fields"),
    [
        (b"id\tname\n1\tx,y\n", "csv", {"key": "id"}),
        (b"id;name\n1;x,y\n", "csv", {"key": "id"}),
        (b'\n{"id": 1}\n', "jsonl", {"key": "id"}),
        (b"\xef\xbb\xbf <o><r id='1'/></o>", "xml", {"key": "@id", "record_path": "/o/r"}),
    ],
)
def test_the_format_is_found_out(
    app: Flask, content: bytes, kind: str, fields: dict[str, str]
) -> None:
    add_processor()

    done = imported(operator(app), content.lstrip(), **fields)
    assert done.options["format"] == kind
    assert counts(done) == (1, 0, 0)
    assert scalar("SELECT source_key FROM records") == "1"


@pytest.mark.parametrize(
    ("content", "fields", "field"),
    [
        (b"", {}, "file"),
        (b"a,a\n", {}, "file"),
        (b"a,b\n1,2\n", {"key": "id"}, "key"),
        (b"a,b\n1,2\n", {"order_key": "id"}, "order_key"),
        (b"<a/>", {}, "record_path"),
        (b"<a/>", {"record_path": "/a", "key": "//"}, "key"),
        (b"a\n1\n", {"format": "yaml"}, "format"),
        (b"a\n1\n", {"delimiter": "x"}, "delimiter"),
        (b"a\n1\n", {"header": "x"}, "header"),
        (b"a\n1\n", {"key": "x" * 501}, "key"),
    ],
)
def test_what_cannot_be_read_is_said_beside_its_field(
    app: Flask, content: bytes, fields: dict[str, str], field: str
) -> None:
    add_processor()
    client = operator(app)

    page = send(client, content, **fields)
    assert page.status_code == 422
    assert f'id="{field}-errors" role="alert"><ul>' in page.text
    told = send_as(client, JSON, content, **fields)
    assert told.status_code == 422
    assert told.json is not None
    assert list(told.json["errors"]) == [field]
    assert scalar("SELECT count(*) FROM jobs") == 0
    assert scalar("SELECT count(*) FROM files WHERE expires_at > now()") == 0


def test_what_was_written_stays_in_a_form_that_is_refused(app: Flask) -> None:
    add_processor()

    page = send(operator(app), b"a,b\n1,2\n", key="<id>", format="csv").text
    assert 'value="&lt;id&gt;"' in page
    assert '<option selected value="csv">' in page


def test_programs_send_files_with_a_token(app: Flask) -> None:
    add_processor()
    headers = robot()

    answer = send_as(program(app), headers, ROWS, key="id")
    assert answer.status_code == 202
    assert answer.json is not None
    perform(answer.json["job_id"])
    told = program(app).get(answer.json["page_url"], headers=headers).json
    assert told is not None
    assert (told["read"], told["added"], told["known"], told["bad"]) == (10, 10, 0, 0)
    assert told["job"]["state"] == "finished"
    listed = program(app).get(PATH, headers=headers).json
    assert listed is not None
    assert [one["added"] for one in listed["imports"]] == [10]


def test_the_page_pages_through_faults_and_gives_them_as_a_file(app: Flask) -> None:
    add_processor()
    client = operator(app)
    done = imported(client, b"id,b\n" + b"1\n" * 60)
    page = look(client, f"{PATH}{done.job_id}")

    assert page.text.count('<th scope="row">') == 50
    assert "It has 1 column, not 2." in page.text
    following = look(client, f"{PATH}{done.job_id}?after=51")
    assert following.text.count('<th scope="row">') == 10
    table = client.get(f"{PATH}{done.job_id}/faults.csv").text.lstrip("\ufeff").splitlines()
    assert table[:2] == ["line,fault", '2,"It has 1 column, not 2."']
    assert len(table) == 61


@pytest.mark.parametrize("after", ["x", "-1", "9" * 30, "²", "7000"])
def test_a_page_of_faults_that_there_is_not_is_no_error(app: Flask, after: str) -> None:
    add_processor()
    client = operator(app)
    done = imported(client, b"id,b\n1\n")

    assert look(client, f"{PATH}{done.job_id}?after={after}").status_code == 200


def test_a_job_leads_to_its_import_and_an_import_of_another_processor_is_nowhere(
    app: Flask,
) -> None:
    add_processor()
    add_processor("others")
    client = operator(app)
    done = imported(client, ROWS)

    assert look(client, f"/imports/{done.job_id}").location == f"{PATH}{done.job_id}"
    assert look(client, f"/processors/others/import/{done.job_id}").status_code == 404
    assert look(client, f"/imports/{submission.new_id()}").status_code == 404
    assert look(client, "/processors/nobody/import/").status_code == 404


def test_the_form_lists_what_was_imported_and_says_when_there_is_nothing(app: Flask) -> None:
    add_processor()
    client = operator(app)
    assert "Nothing was imported yet." in look(client, PATH).text

    imported(client, ROWS)
    assert "10 new, 0 known, 0 bad" in look(client, PATH).text


def test_a_full_queue_refuses_a_file(app: Flask, setting: Callable[..., None]) -> None:
    add_processor()
    client = operator(app)
    setting(max_queue_depth=0)

    assert send(client, ROWS).status_code == 503


def test_deleting_the_job_deletes_the_import_and_keeps_the_records(app: Flask) -> None:
    add_processor()
    done = imported(operator(app), ROWS)
    deleting.delete(done.job_id)

    assert scalar("SELECT count(*) FROM record_imports") == 0
    assert scalar("SELECT count(*) FROM records") == 10
