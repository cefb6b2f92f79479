"""The boxes: what is found in them, and what becomes of records that are let go on."""

import json
import re
from html import unescape
from types import SimpleNamespace

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app_srvc import db
from app_srvc.processors.records import replaying
from app_srvc.processors.repository import boxes
from app_srvc.processors.repository.boxes import Chosen
from tests.support import processing
from tests.support.accounts import logged_in, member
from tests.support.pages import HTML, look, press, token
from tests.support.people import operator
from tests.support.rows import scalar


@pytest.fixture
def boss(app: Flask) -> FlaskClient:
    """Return the browser of an operator."""
    return operator(app)


def keys(page: str) -> list[str]:
    """Return the keys of the records on a page."""
    return re.findall(r'<th scope="row".*?<bdi>([^<]+)</bdi>', page, re.DOTALL)


def send(client: FlaskClient, *ids: int, **fields: str) -> str:
    """Press a button below the list, and return what is told then."""
    data = {"csrf_token": token(client), "ids": [str(one) for one in ids], **fields}
    answer = client.post("/processors/letters/records/change", data=data, headers=HTML)
    return look(client, answer.location).text if answer.status_code == 303 else answer.text


def steps(*record_ids: int) -> None:
    """Let two steps of each record stand in the journal: one is done, one has begun."""
    with db.transaction() as conn, conn.cursor() as cur:
        for record_id in record_ids:
            cur.execute(
                "INSERT INTO record_steps (record_id, number, name, state, claim_seq)"
                " VALUES (%(id)s, 1, 'one', 'done', 1), (%(id)s, 2, 'two', 'begun', 1)",
                {"id": record_id},
            )


def test_each_box_has_its_records_newest_first(boss: FlaskClient) -> None:
    processor_id = processing.processor()
    for kind in ("permanent", "unknown", "transient"):
        processing.boxed(processor_id, 2, kind)

    def seen(box: str) -> list[str]:
        return keys(look(boss, f"/processors/letters/records/?status={box}").text)

    assert seen("dead") == ["permanent-1", "permanent-0"]
    assert seen("uncertain") == ["unknown-3", "unknown-2"]
    assert seen("retry") == ["transient-5", "transient-4"]


@pytest.mark.parametrize("kind", ["permanent", "transient"])
def test_one_gets_through_a_box_page_by_page(kind: str, boss: FlaskClient) -> None:
    processing.boxed(processing.processor(), 5, kind)
    box = "dead" if kind == "permanent" else "retry"

    found, address = list[str](), f"?status={box}&limit=2"
    while address:
        page = look(boss, f"/processors/letters/records/{address}").text
        found += keys(page)
        following = re.search(r'rel="next" href="/processors/letters/records/([^"]+)"', page)
        address = unescape(following[1]) if following else ""
    assert found == [f"{kind}-{number}" for number in (4, 3, 2, 1, 0)]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("q=wrong", ["b", "a"]), ("q=WRONG", ["b", "a"]), ("q=%25", []),
        ("http=500", ["c", "b", "a"]), ("http=404", []), ("q=none", []),
        ("since=2000-01-01T00:00", ["c", "b", "a"]), ("since=2999-01-01T00:00", []),
        ("until=2999-01-01T00:00Z&q=a", ["a"]), ("until=2000-01-01T00:00", []),
    ],
)  # fmt: skip
@pytest.mark.parametrize("box", ["dead", "retry"])
def test_a_box_is_narrowed(query: str, expected: list[str], box: str, boss: FlaskClient) -> None:
    processor_id = processing.processor()
    processing.add(processor_id, "a", "b", "c")
    processing.claim(processor_id)
    kind = "permanent" if box == "dead" else "transient"
    for one, told in zip(
        processing.take(processor_id, 3), ("It is wrong.", "So wrong", "No"), strict=True
    ):
        processing.fail(one, told, kind)

    page = look(boss, f"/processors/letters/records/?status={box}&{query}").text
    assert keys(page) == expected


@pytest.mark.parametrize(
    "query",
    ["status=odd", "q=%00", "http=1", "http=x", "since=odd", "limit=0", "after=odd", "after=~-1",
     "after=9999-99-99~1", f"q={'x' * 201}"],
)  # fmt: skip
def test_what_cannot_be_asked_is_refused(query: str, boss: FlaskClient) -> None:
    processing.processor()

    assert look(boss, f"/processors/letters/records/?{query}").status_code == 422
    assert boss.get(f"/api/processors/letters/records?{query}").status_code == 422
    assert look(boss, f"/processors/letters/records/export?{query}").status_code == 422


def test_a_rare_record_is_found_stretch_by_stretch(
    boss: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(boxes, "STRETCH", 2)
    processing.boxed(processing.processor(), 5)

    page = look(boss, "/processors/letters/records/?status=dead&q=permanent-0").text
    assert keys(page) == []
    assert "There are older ones." in page
    for _ in range(2):
        following = re.search(r'rel="next" href="([^"]+)"', page)
        assert following is not None
        page = look(boss, unescape(following[1])).text
    assert keys(page) == ["permanent-0"]
    assert 'rel="next"' not in page


def test_those_that_are_ticked_are_handled_anew_with_the_same_key(boss: FlaskClient) -> None:
    processor_id = processing.processor()
    first, second, third = processing.boxed(processor_id)
    steps(first, second)
    before = scalar("SELECT idem_key FROM records WHERE id = %s", first)

    page = send(boss, first, second, act="replay", status="dead")
    assert "2 records were changed." in page
    assert [processing.status(one) for one in (first, second, third)] == ["new", "new", "dead"]
    assert scalar(
        "SELECT idem_key = %s AND attempts = 0 AND lost = 0 AND error IS NULL AND ended_at IS NULL"
        " AND available_at <= now() FROM records WHERE id = %s", before, first,
    )  # fmt: skip
    # What is done stays done; of a call without an end a person has decided.
    assert scalar("SELECT string_agg(DISTINCT name, '') FROM record_steps") == "one"
    assert (
        "To be handled anew, with the same key: operator."
        in look(boss, f"/processors/letters/records/{first}").text
    )
    assert processing.claim(processor_id)


@pytest.mark.parametrize(
    ("act", "undoes", "is_still_given_up"),
    [("replay", False, False), ("replay", True, True), ("replay-new", True, False)],
)
def test_what_was_begun_to_be_undone_is_not_done_again_under_the_same_key(
    boss: FlaskClient, act: str, undoes: bool, is_still_given_up: bool
) -> None:
    (record_id,) = processing.boxed(processing.processor(), 1)
    steps(record_id)
    with db.transaction() as conn, conn.cursor() as cur:
        cur.execute("UPDATE records SET given_up = true")
        cur.execute("UPDATE record_steps SET undoes = %s WHERE state = 'done'", (undoes,))

    send(boss, record_id, act=act)
    assert scalar("SELECT given_up FROM records") is is_still_given_up


def test_a_new_key_forgets_the_journal(boss: FlaskClient) -> None:
    (record_id,) = processing.boxed(processing.processor(), 1, "unknown")
    steps(record_id)
    before = scalar("SELECT idem_key FROM records")

    send(boss, record_id, act="replay-new")
    assert scalar("SELECT idem_key FROM records") != before
    assert scalar("SELECT count(*) FROM record_steps") == 0


def test_all_that_match_are_handled_anew_in_rounds(
    boss: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(boxes, "AT_ONCE", 2)
    processor_id = processing.processor()
    processing.boxed(processor_id, 5)
    (other,) = processing.boxed(processor_id, 1, "unknown")

    page = send(boss, act_all="replay", status="dead", q="permanent", http="500")
    assert "5 records were changed." in page
    assert scalar("SELECT count(*) FROM records WHERE status = 'new'") == 5
    assert processing.status(other) == "uncertain"
    # Each round is noted in its own transaction.
    assert scalar("SELECT count(*) FROM processor_audit WHERE action = 'replay'") == 3


def test_what_does_not_match_stays_where_it_is(
    boss: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(boxes, "AT_ONCE", 2)
    processing.boxed(processing.processor(), 5, "transient")

    assert "1 record was changed." in send(boss, act_all="replay", status="retry", q="transient-1")
    assert scalar("SELECT source_key FROM records WHERE status = 'new'") == "transient-1"


def test_it_says_when_the_time_was_over_before_the_end(
    boss: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(boxes, "AT_ONCE", 1)
    moments = iter([0, 0])
    clock = SimpleNamespace(monotonic=lambda: next(moments, 99))
    monkeypatch.setattr(replaying, "time", clock)
    processing.boxed(processing.processor(), 3)

    page = send(boss, act_all="replay", status="dead")
    assert "1 record was changed. There are more: please do the same again." in page


def test_an_uncertain_one_is_marked_as_done_by_name(app: Flask) -> None:
    client = logged_in(app, member("olena", role="operator"))
    (record_id,) = processing.boxed(processing.processor(), 1, "unknown")

    send(client, record_id, act="done")
    assert processing.status(record_id) == "done"
    page = look(client, f"/processors/letters/records/{record_id}").text
    assert "Marked as done by olena." in page
    assert scalar("SELECT actor || action || object FROM processor_audit WHERE action = 'mark done'"
                  ) == f"olenamark done{record_id}"  # fmt: skip


def test_what_waits_or_is_in_work_is_left_alone(boss: FlaskClient) -> None:
    processor_id = processing.processor()
    new, queued, running, retry = processing.add(processor_id, "a", "b", "c", "d")
    with db.transaction() as conn, conn.cursor() as cur:
        cur.execute("UPDATE records SET status = 'queued' WHERE id = %s", (queued,))
        cur.execute("UPDATE records SET status = 'running', lease_until = now() WHERE id = %s",
                    (running,))  # fmt: skip
        cur.execute("UPDATE records SET status = 'retry' WHERE id = %s", (retry,))

    assert "0 records were changed." in send(boss, new, queued, running, act="replay-new")
    assert "0 records were changed." in send(boss, new, queued, running, retry, act="done")
    assert "That cannot be done to these records." in send(boss, act_all="done", status="retry")


def test_records_of_another_processor_are_left_alone(boss: FlaskClient) -> None:
    processing.processor()
    (other,) = processing.boxed(processing.processor("others"), 1)

    assert "0 records were changed." in send(boss, other, act="replay")
    assert look(boss, f"/processors/letters/records/{other}").status_code == 404
    assert look(boss, f"/processors/letters/records/{other}/payload").status_code == 404


@pytest.mark.parametrize("fields", [{"act": "replay"}, {"act": "odd", "ids": "1"}, {"ids": "x"},
                                    {"act": "replay", "ids": "9" * 30}])  # fmt: skip
def test_nothing_is_done_without_a_choice(fields: dict[str, str], boss: FlaskClient) -> None:
    processing.boxed(processing.processor())

    answer = press(boss, "/processors/letters/records/change", **fields)
    assert answer.status_code == 422
    assert scalar("SELECT count(*) FROM records WHERE status = 'dead'") == 3


def test_a_box_is_taken_along_with_what_is_in_it(boss: FlaskClient) -> None:
    processor_id = processing.processor()
    processing.boxed(processor_id, 2)
    with db.transaction() as conn, conn.cursor() as cur:
        cur.execute("UPDATE records SET source_key = '=1+1' WHERE source_key = 'permanent-1'")
        cur.execute("UPDATE record_payloads SET body = '\\xff' WHERE record_id ="
                    " (SELECT id FROM records WHERE source_key = '=1+1')")  # fmt: skip

    answer = look(boss, "/processors/letters/records/export?status=dead&as=jsonl")
    told = [json.loads(line) for line in answer.text.splitlines()]
    assert [one["key"] for one in told] == ["=1+1", "permanent-0"]
    assert told[0]["body_base64"] == "/w=="
    assert told[1]["body"] == processing.XML.decode()
    assert told[1]["http_status"] == 500
    csv = look(boss, "/processors/letters/records/export?status=dead&as=csv")
    assert csv.headers["Content-Disposition"].startswith('attachment; filename="letters-dead-')
    assert "'=1+1" in csv.text
    assert look(boss, "/processors/letters/records/export?as=odd").status_code == 400
    assert scalar("SELECT count(*) FROM processor_audit WHERE action = 'export'") == 2


def test_a_large_box_is_listed_along_its_index(database: None) -> None:
    processor_id = processing.processor()
    with db.transaction() as conn, conn.cursor() as cur:
        cur.execute(
            "INSERT INTO records (processor_id, source_key, status, ended_at)"
            " SELECT %s, n::text, 'dead', now() FROM generate_series(1, 30000) AS n",
            (processor_id,),
        )
        cur.execute("ANALYZE records")
        chosen = Chosen(processor_id, ("dead",))
        first = boxes.page(conn, chosen, None, 50)
        second = boxes.page(conn, chosen, first.after, 50)

    assert [one.source_key for one in second.records] == [str(n) for n in range(29950, 29900, -1)]
