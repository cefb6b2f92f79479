"""What is kept of records, and for how long."""

import threading

import pytest

from app_srvc import db
from app_srvc.processors import tasks
from app_srvc.processors.lanes import ticking
from app_srvc.processors.repository import cycles, intake, keeping, reading, records
from tests.support import processing
from tests.support.records import add_processor, statuses
from tests.support.rows import rows, scalar

pytestmark = pytest.mark.usefixtures("database")


def let_days_pass(days: int) -> None:
    """Let everything have happened so many days ago."""
    with db.transaction() as conn, conn.cursor() as cur:
        cur.execute(
            "UPDATE records SET created_at = created_at - interval '1 day' * %s,"
            " ended_at = ended_at - interval '1 day' * %s",
            (days, days),
        )


def end(status: str, source_key: str) -> None:
    """Let a record have ended."""
    with db.transaction() as conn, conn.cursor() as cur:
        cur.execute(
            "UPDATE records SET status = %s, ended_at = now() WHERE source_key = %s",
            (status, source_key),
        )


def test_what_was_done_long_ago_is_archived_without_its_content_and_not_taken_in_again() -> None:
    processor_id = add_processor(["a", "b", "c"], keep_days=7)
    end("done", "0")
    end("dead", "1")
    let_days_pass(8)
    with db.transaction() as conn:
        assert keeping.archive(conn, processor_id, 10) == 1

    assert statuses() == {"dead": 1, "new": 1}
    assert scalar("SELECT source_key FROM archived_records") == "0"
    assert scalar("SELECT count(*) FROM record_payloads") == 2
    with db.transaction() as conn:
        assert intake.add(conn, processor_id, intake.NewRecord("0", "text/plain", b"a")) is None


def test_what_is_just_being_archived_is_not_taken_in_again() -> None:
    processor_id = add_processor(["a"], keep_days=7)
    end("done", "0")
    let_days_pass(8)
    added: list[int | None] = []

    def add() -> None:
        with db.transaction() as conn:
            added.append(intake.add(conn, processor_id, intake.NewRecord("0", "text/plain", b"a")))

    thread = threading.Thread(target=add)
    with db.transaction() as conn:
        assert keeping.archive(conn, processor_id, 10) == 1
        thread.start()
        thread.join(timeout=0.5)
    thread.join()
    assert added == [None]
    assert statuses() == {}


def test_the_tick_archives() -> None:
    add_processor(["a"], keep_days=7)
    end("done", "0")
    let_days_pass(8)
    ticking._archive_at = 0.0

    ticking.tick(0.0)
    assert scalar("SELECT count(*) FROM archived_records") == 1


def test_what_was_done_lately_is_kept() -> None:
    processor_id = add_processor(["a"], keep_days=7)
    end("done", "0")
    let_days_pass(6)

    with db.transaction() as conn:
        assert keeping.archive(conn, processor_id, 10) == 0


def test_attempts_lie_by_month_and_an_old_month_goes_as_a_whole() -> None:
    with db.transaction() as conn, conn.cursor() as cur:
        cur.execute(
            "INSERT INTO record_attempts (record_id, claim_seq, outcome, ended_at)"
            " VALUES (1, 1, 'done', now()), (1, 1, 'done', now() - interval '14 months')"
        )
        # What came while nobody had made its month is moved.
        cur.execute("SELECT make_month('record_attempts', 'ended_at', -14)")
    in_parts = "SELECT DISTINCT tableoid::regclass::text FROM record_attempts ORDER BY 1"
    old, new = (str(name) for (name,) in rows(in_parts))
    assert "rest" not in old + new

    with db.transaction() as conn:
        tasks.keep_house(conn)
    assert rows(in_parts) == [(new,)]


def test_old_cycles_are_forgotten_and_what_they_have_done_stays_counted() -> None:
    processor_id = processing.processor()
    processing.add(processor_id, "a", "b", "c")
    for keys in (2, 1):
        processing.change("letters", batch_size=keys, desired="stopped")
        processing.claim(processor_id)
        for one in processing.take(processor_id, keys):
            with db.transaction() as conn:
                records.complete(conn, one)
        with db.transaction() as conn:
            assert cycles.close_cycle(conn, processor_id)
    with db.transaction() as conn, conn.cursor() as cur:
        cur.execute(
            "UPDATE cycles SET ended_at = now() - interval '366 days'"
            " WHERE id = (SELECT min(id) FROM cycles)"
        )

    with db.transaction() as conn:
        tasks.keep_house(conn)
        (standing,) = reading.standings(conn)
    assert scalar("SELECT count(*) FROM cycles") == 1
    assert standing.counts["done"].number == 3
