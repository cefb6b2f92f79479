"""A day of history: each minute once, right, and in bounded space."""

import re
from collections.abc import Iterator

import pytest
from flask import Flask

from app_srvc import db
from app_srvc.jobs import registry
from app_srvc.jobs.dispatcher import Dispatcher
from app_srvc.jobs.gate import Gate
from app_srvc.ops import charts, sampling
from app_srvc.ops.repository import samples
from app_srvc.queues import Queue
from tests.ops.making import execute, job
from tests.support.pages import look
from tests.support.people import operator
from tests.support.rows import rows, scalar

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def dispatchers(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Dispatcher]]:
    """Return two that could act, of which one does."""
    registry.load()
    monkeypatch.setattr(sampling, "_next_at", 0.0)
    two = [Dispatcher(Gate()), Dispatcher(Gate())]
    yield two
    for one in two:
        one.stop()


def minute() -> tuple[int, int, int, int]:
    """Return what was recorded of a queue last."""
    (row,) = rows(
        "SELECT waiting, running, done, failed FROM ops_samples WHERE queue = 'stt'"
        " ORDER BY at DESC LIMIT 1"
    )
    return row


def in_last_minute(job_id: str, seconds: int) -> None:
    """Let a job have ended so many seconds after the last full minute began."""
    execute(
        "UPDATE jobs SET ended_at = date_trunc('minute', clock_timestamp() - interval '5 seconds')"
        " - interval '1 minute' + %s * interval '1 second' WHERE id = %s",
        seconds, job_id,
    )  # fmt: skip


def test_a_minute_is_recorded_as_it_was() -> None:
    for seconds in (50, 10):
        job("waiting", waited=seconds)
    job("running")
    for seconds in (0, 59):
        in_last_minute(job("finished"), seconds)
    for seconds in (-1, 60):
        in_last_minute(job("finished"), seconds)
    in_last_minute(job("failed"), 30)
    in_last_minute(job("cancelled"), 30)

    sampling.sample()
    assert minute() == (2, 1, 2, 1)
    assert 50 <= scalar("SELECT oldest_seconds FROM ops_samples WHERE queue = 'stt'") < 100
    assert {queue for (queue,) in rows("SELECT queue FROM ops_samples")} == set(Queue)
    assert scalar("SELECT oldest_seconds FROM ops_samples WHERE queue = 'mail'") is None


def test_two_who_dispatch_record_a_minute_once(dispatchers: list[Dispatcher]) -> None:
    def act() -> list[bool]:
        return [dispatcher.run_once() for dispatcher in dispatchers]

    assert act() == [True, False]
    first = rows("SELECT * FROM ops_samples ORDER BY queue")
    job("waiting")
    for _number in range(3):
        sampling.sample()

    times = {at for (at,) in rows("SELECT at FROM ops_samples")}
    assert scalar("SELECT count(*) FROM ops_samples") == len(Queue) * len(times)
    assert set(first) <= set(rows("SELECT * FROM ops_samples"))


def test_the_next_is_due_when_the_next_minute_has_settled() -> None:
    with db.transaction() as conn:
        seconds = samples.record(conn, list(Queue))
        due = scalar(
            "SELECT extract(second FROM clock_timestamp() + %s * interval '1 second')", seconds
        )

    assert 0 < seconds <= 60
    assert 4 <= float(due) <= 15


def test_no_more_than_a_day_is_kept() -> None:
    execute(
        "INSERT INTO ops_samples SELECT queue,"
        " date_trunc('minute', now()) - n * interval '1 minute',"
        " 1, 1, 1, 1, 1 FROM generate_series(1, 3000) AS n, unnest(%s) AS queue",
        [*Queue, "gone"],
    )

    sampling.sample()
    kept = dict(rows("SELECT queue, count(*) FROM ops_samples GROUP BY queue"))
    assert max(kept.values()) <= 1440
    assert min(kept.values()) >= 1438
    assert scalar("SELECT max(now() - at) <= interval '1 day 1 minute' FROM ops_samples")


def test_half_hours_are_of_peaks_and_sums() -> None:
    execute(
        "INSERT INTO ops_samples SELECT 'stt',"
        " date_bin('30 minutes', now(), '2000-01-01Z') - ago * interval '1 minute', told.*"
        " FROM (VALUES (30, 7, 1, 9, 1, 0), (31, 2, 3, 4, 2, 5), (29, 1, 1, NULL, 9, 9))"
        " AS made (ago, waiting, running, oldest, done, failed),"
        " LATERAL (SELECT waiting, running, oldest, done, failed) AS told"
    )

    with db.transaction() as conn:
        day = samples.day(conn)
    found = [tuple(one[1:]) for one in day.queues["stt"]]
    assert found == [(7, 3, 9.0, 3, 5), (1, 1, None, 9, 9)]
    (chart,) = charts.of(day, ["stt"])
    assert (chart.waiting, chart.done, chart.failed) == (7, 12, 14)
    # One half hour beside the other, the last but one and the one before.
    assert sorted({bar.x for bar in chart.bars}) == [
        (samples.BINS - 3) * charts.STEP + 0.5, (samples.BINS - 2) * charts.STEP + 0.5,
    ]  # fmt: skip
    heights = {(bar.kind, bar.height) for bar in chart.bars}
    assert ("waiting", charts.WAITING_HEIGHT) in heights
    assert ("done", charts.DONE_HEIGHT) in heights
    assert ("failed", charts.FAILED_HEIGHT) in heights


def test_a_picture_and_its_table_say_the_same(app: Flask) -> None:
    execute(
        "INSERT INTO ops_samples SELECT 'stt',"
        " date_trunc('minute', now()) - n * interval '1 minute',"
        " 12, 1, 90, 3, 0 FROM generate_series(0, 9) AS n"
    )

    page = look(operator(app), "/ops/").text
    assert "At most 12 waited; 30 done, 0 failed." in page
    table = page[page.index('id="table-stt"') :]
    cells = re.findall(r'<td class="number">([^<]*)</td>', table[: table.index("</table>")])
    done = [int(cells[place]) for place in range(3, len(cells), 5)]
    assert sum(done) == 30
    assert len(re.findall('<rect class="done"', page)) == len(done)
    assert '<rect class="failed"' not in page
    assert "Nothing waited, ran or ended." not in page
