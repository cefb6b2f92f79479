"""Figures of several web processes and workers: right, and the same whoever is asked."""

import os
import shutil
import signal
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from app_srvc import db
from app_srvc.health import folder
from app_srvc.jobs.repository import changes, reading
from tests.support import tasks
from tests.support.figures import AS_MONITOR, TOKEN, Figures
from tests.support.lines import Line, to_each
from tests.support.rows import rows, scalar
from tests.support.submitting import submit
from tests.support.web import Web, get
from tests.support.workers import Workers, wait_for

pytestmark = pytest.mark.usefixtures("database")

FINISHED, REFUSED, FAILING, DYING, CANCELLED = 130, 30, 10, 5, 25


@pytest.fixture
def two(database: None) -> Iterator[Web]:
    """Start a web of two processes."""
    web = Web(WEB_PROCESSES="2", METRICS_TOKEN=TOKEN)
    yield web
    if web.process.poll() is None:
        web.stop()


def figures(line: Line) -> Figures:
    """Ask the process at the end of a line for them."""
    status, _, text = line.ask("GET", "/metrics", AS_MONITOR)
    assert status == 200, text
    return Figures(text)


@pytest.fixture
def lines(two: Web) -> Iterator[list[Line]]:
    """Connect to each of the two processes."""
    with to_each(two, 2) as found:
        for line in found:
            figures(line)
        yield found


def submit_all(path: Path) -> list[str]:
    """Submit jobs that end in each way there is."""
    note = str(path)
    ids = [
        *(submit(tasks.count, note) for _ in range(FINISHED)),
        *(submit(tasks.refuse) for _ in range(REFUSED)),
        *(submit(tasks.fail, note) for _ in range(FAILING)),
        *(submit(tasks.end_by_signal, signal.SIGKILL) for _ in range(DYING)),
        *(submit(tasks.count, note) for _ in range(CANCELLED)),
    ]
    with db.transaction() as conn:
        for job_id in ids[-CANCELLED:]:
            changes.cancel(conn, job_id)
    return ids


def by_outcome(found: Figures) -> dict[str, float]:
    """Return how many jobs have ended in which way."""
    return {
        outcome: found.of("cherha_jobs_total", queue="stt", outcome=outcome)
        for outcome in ("finished", "failed", "cancelled")
    }


class Watch:
    """Asks both processes in turn, all the time, and notes whatever became less."""

    def __init__(self, lines: list[Line]) -> None:
        self.lines = lines
        self.asked: Counter[int] = Counter()
        self.fallen: list[str] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> "Watch":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        last: dict[tuple[str, tuple[tuple[str, str], ...]], float] = {}
        while not self._stop.is_set():
            for line in self.lines:
                told = figures(line).that_only_grow()
                self.asked[line.pid] += 1
                self.fallen += [
                    f"{name}: {before} and then {told.get(name)}"
                    for name, before in last.items()
                    if told.get(name, 0.0) < before
                ]
                last = told
            self._stop.wait(0.1)


def test_counters_are_the_number_of_jobs_and_never_fall(
    lines: list[Line], workers: Workers, tmp_path: Path, record_property: Callable[[str, str], None]
) -> None:
    with Watch(lines) as watch:
        ids = submit_all(tmp_path / "notes")
        for _ in range(2):
            workers.start()
        wait_for(lambda: scalar("SELECT count(*) FROM jobs WHERE ended_at IS NULL") == 0)

    assert len(ids) == 200
    expected = {
        "finished": FINISHED, "failed": REFUSED + FAILING + DYING, "cancelled": CANCELLED,
    }  # fmt: skip
    assert dict(rows("SELECT state, count(*) FROM jobs GROUP BY state")) == expected
    told = [figures(line) for line in lines]
    assert [by_outcome(found) for found in told] == [expected, expected]
    assert watch.fallen == []
    assert len(watch.asked) == 2
    for found in told:
        ran = found.of("cherha_job_run_seconds_count", queue="stt")
        assert ran == 200 - CANCELLED
        lost = found.of("cherha_job_attempts_total", queue="stt", outcome="lost")
        assert lost == scalar("SELECT count(*) FROM job_attempts WHERE outcome = 'lost'") > 0
    record_property(
        "figure",
        f"metrics: 200 jobs by 2 workers, told by 2 web processes as {expected}, asked"
        f" {sum(watch.asked.values())} times meanwhile, nothing fell;"
        f" {scalar('SELECT count(*) FROM job_counts')} rows count",
    )

    with db.transaction() as conn:
        for job_id in ids:
            assert reading.find(conn, job_id)
            changes.delete(conn, job_id)
    assert [by_outcome(figures(line)) for line in lines] == [expected, expected]


def test_both_tell_what_both_have_answered_also_when_one_has_died(
    lines: list[Line],
) -> None:
    asked = {"endpoint": "metrics.show"}
    before = figures(lines[0]).of("cherha_http_requests_total", **asked)
    for line in lines * 3:
        figures(line)

    # Each answer counts once it is given.
    assert figures(lines[1]).of("cherha_http_requests_total", **asked) == before + 7
    os.kill(lines[0].pid, signal.SIGKILL)
    assert figures(lines[1]).of("cherha_http_requests_total", **asked) == before + 8


def folders(pid: int) -> list[Path]:
    """Return those in which the processes of a gunicorn count."""
    return list(folder.place().glob(f"{folder._PREFIX}{pid}-*"))


def test_the_folder_outlives_a_reload_and_goes_with_the_web(two: Web) -> None:
    master = psutil.Process(two.process.pid)
    before = {child.pid for child in master.children()}
    own = folders(master.pid)
    assert len(own) == 1
    assert own[0].stat().st_mode & 0o777 == 0o700

    master.send_signal(signal.SIGHUP)
    wait_for(lambda: not before & {child.pid for child in master.children()})
    wait_for(two.is_alive)
    line = Line(two)
    assert figures(line).of("cherha_http_requests_total", endpoint="health.alive") >= 2
    line.close()
    assert folders(master.pid) == own
    two.stop()
    assert folders(master.pid) == []


def test_the_folder_of_one_that_was_killed_goes_when_the_next_one_starts(two: Web) -> None:
    killed = two.process.pid
    two.kill()
    assert folders(killed)

    two.start()
    assert folders(killed) == []


def test_without_its_folder_the_web_answers_all_the_same(two: Web) -> None:
    shutil.rmtree(folders(two.process.pid)[0])
    for child in psutil.Process(two.process.pid).children():
        child.kill()
    wait_for(two.is_alive)

    assert get(f"{two.url}/readyz").status == 200
    line = Line(two)
    assert figures(line).of("cherha_ready", part="database") == 1
    line.close()
