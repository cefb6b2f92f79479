"""Figures that are asked for when somebody wants them, and are the same in every web process.

Queues, states and outcomes are all there from the beginning, at nothing: a rule that compares with
nothing needs a figure to compare, and the first of many would otherwise be no increase.
"""

import logging
from collections.abc import Iterable, Sequence

from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from app_srvc import db, settings, storage
from app_srvc.db import Connection
from app_srvc.errors import DatabaseDown
from app_srvc.health.checks import Check
from app_srvc.health.repository import figures
from app_srvc.health.repository.figures import Counted
from app_srvc.jobs.states import ENDED, State
from app_srvc.mail.repository import State as MailState
from app_srvc.processors.repository import reading
from app_srvc.queues import Queue

log = logging.getLogger(__name__)

OPEN = (State.WAITING, State.SCHEDULED, State.RUNNING)
# How attempts end that do not end their job well, and what the database calls that.
ATTEMPTS = {name: f"attempt {name}" for name in ("failed", "lost", "given back")}


class FromHere(Collector):
    """Whether all is there that the web needs, and the room for files."""

    def __init__(self, found: Sequence[Check]) -> None:
        self._found = found

    def collect(self) -> Iterable[Metric]:
        """Tell what was found, and look at the volume."""
        ready = GaugeMetricFamily("cherha_ready", "1: in order, as /readyz says.", labels=["part"])
        for check in self._found:
            ready.add_metric([check.name], float(check.is_ok))
        yield ready
        yield GaugeMetricFamily(
            "cherha_storage_reserved_bytes",
            "Room that uploads leave free: MIN_FREE_BYTES.",
            settings.load().min_free_bytes,
        )
        try:
            free = None if storage.current().is_far else storage.current().room().free
        except OSError:
            return
        if free is not None:
            told = "Room that the volume for files has left."
            yield GaugeMetricFamily("cherha_storage_free_bytes", told, free)


class FromDatabase(Collector):
    """What the tables tell, all of it in one transaction; nothing while the database is away."""

    def collect(self) -> Iterable[Metric]:
        """Read the tables."""
        try:
            with db.transaction() as conn:
                found = [
                    *_open_jobs(conn), *_ended_jobs(conn), *_workers(conn), *_processors(conn),
                    _mails(conn),
                ]  # fmt: skip
        except DatabaseDown:
            log.info("the database does not answer; a monitor gets what is known without it")
            return
        yield from found


def _open_jobs(conn: Connection) -> Iterable[Metric]:
    found = {(row.queue, row.state): row for row in figures.open_jobs(conn)}
    jobs = GaugeMetricFamily(
        "cherha_queue_jobs", "Jobs that have not ended.", labels=["queue", "state"]
    )
    oldest = GaugeMetricFamily(
        "cherha_oldest_waiting_seconds",
        "For how long the first of the jobs has waited that wait.",
        labels=["queue"],
    )
    for queue in Queue:
        for state in OPEN:
            row = found.get((queue, state))
            jobs.add_metric([queue, state], row.number if row else 0)
        first = found.get((queue, State.WAITING))
        oldest.add_metric([queue], first.oldest_seconds if first else 0)
    return jobs, oldest


def _ended_jobs(conn: Connection) -> Iterable[Metric]:
    bounds, counted = figures.bounds(conn), figures.counted(conn)
    jobs = CounterMetricFamily(
        "cherha_jobs",
        "Jobs that have ended; one that a person lets try again ends again.",
        labels=["queue", "outcome"],
    )
    attempts = CounterMetricFamily(
        "cherha_job_attempts",
        "Attempts that failed, were lost with their worker, or were given back by it.",
        labels=["queue", "outcome"],
    )
    waited = HistogramMetricFamily(
        "cherha_job_wait_seconds",
        "Time from submission to the first attempt, of jobs that ended out of one.",
        labels=["queue"],
    )
    ran = HistogramMetricFamily(
        "cherha_job_run_seconds",
        "Time that the last attempt took, of the same jobs.",
        labels=["queue"],
    )
    for queue in Queue:
        of_queue = [row for row in counted if row.queue == queue]
        for state in sorted(ENDED):
            jobs.add_metric([queue, state], _total(of_queue, state))
        for outcome, event in ATTEMPTS.items():
            attempts.add_metric([queue, outcome], _total(of_queue, event))
        waited.add_metric(
            [queue],
            _buckets(bounds, [row.waited for row in of_queue]),
            sum(row.waited_seconds for row in of_queue),
        )
        ran.add_metric(
            [queue],
            _buckets(bounds, [row.ran for row in of_queue]),
            sum(row.ran_seconds for row in of_queue),
        )
    return jobs, attempts, waited, ran


def _total(counted: Iterable[Counted], event: str) -> int:
    return sum(row.number for row in counted if row.event == event)


def _buckets(bounds: Sequence[float], counts: Sequence[Sequence[int]]) -> list[tuple[str, float]]:
    """Return how many took no longer than each bound, and at last how many there are."""
    buckets: list[tuple[str, float]] = []
    total = 0
    for place, bound in enumerate([*map(str, bounds), "+Inf"]):
        total += sum(row[place] for row in counts)
        buckets.append((bound, total))
    return buckets


def _workers(conn: Connection) -> Iterable[Metric]:
    found = figures.workers(conn)
    workers = GaugeMetricFamily(
        "cherha_workers", "Workers that live and serve the queue.", labels=["queue"]
    )
    for queue in Queue:
        workers.add_metric([queue], found.get(queue, 0))
    dispatching = GaugeMetricFamily(
        "cherha_dispatching",
        "1: a worker delivers what was lost, and takes back what a dead one held.",
        float(figures.is_dispatched(conn)),
    )
    return workers, dispatching


def _processors(conn: Connection) -> Iterable[Metric]:
    records = GaugeMetricFamily(
        "cherha_processor_records",
        f"Records that are not done; of most states no more than {reading.MOST} are counted.",
        labels=["processor", "state"],
    )
    done = CounterMetricFamily(
        "cherha_processor_records_done",
        "Records that are done, counted as their cycle ends.",
        labels=["processor"],
    )
    running = GaugeMetricFamily(
        "cherha_processor_running", "1: it is to run.", labels=["processor"]
    )
    for standing in reading.standings(conn):
        counts = dict(standing.counts)
        done.add_metric([standing.name], counts.pop("done").number)
        for state, count in counts.items():
            records.add_metric([standing.name, state], count.number)
        running.add_metric([standing.name], float(standing.desired == "running"))
    return records, done, running


def _mails(conn: Connection) -> Metric:
    found = figures.recent_mails(conn)
    mails = GaugeMetricFamily(
        "cherha_mails_of_the_day",
        "Mails that were posted within 24 hours, by what became of them.",
        labels=["state"],
    )
    for state in MailState:
        mails.add_metric([state], found.get(state, 0))
    return mails
