"""What people and programs see of jobs. Nothing here changes a row."""

from datetime import datetime
from typing import NamedTuple

from app_srvc.db import Connection, literal
from app_srvc.jobs import registry
from app_srvc.jobs.repository.workers import ALIVE
from app_srvc.jobs.states import State
from app_srvc.words import unpack


class Job(NamedTuple):
    """A job as its owner sees it. `progress` is 0 to 1; times have a zone.

    `title` is a sentence where it is its task's, and otherwise data, such as a file's name.
    `taken_at` and `taken_progress` are when and where the latest attempt began; `handed_over` says
    whether that let parts go on.
    """

    id: str
    queue: str
    task: str
    owner: str | None
    title: str
    size: float
    state: State
    stage: str
    progress: float
    reason: str | None
    attempt: int
    failures: int
    max_failures: int
    cancel_requested: bool
    created_at: datetime
    due_at: datetime | None
    waiting_since: datetime
    started_at: datetime | None
    ended_at: datetime | None
    taken_at: datetime | None
    taken_progress: float
    handed_over: bool


class Attempt(NamedTuple):
    """One start of a job, and how it ended."""

    number: int
    started_at: datetime
    ended_at: datetime | None
    outcome: str | None
    reason: str | None


class LogLine(NamedTuple):
    """Something that happened to a job."""

    at: datetime
    message: str


class Place(NamedTuple):
    """Where a waiting job stands: how many are before it, and when it may start.

    `seconds_until_start` is None when no worker lives or nothing is known of the pace yet.
    """

    ahead: int
    workers: int
    seconds_until_start: float | None


class Page(NamedTuple):
    """Which jobs to list: filters that are None let everything pass.

    `text` is looked for in titles; those of `tasks` have it, in the reader's language.
    """

    owner: str | None
    state: str | None = None
    queue: str | None = None
    text: str | None = None
    tasks: tuple[str, ...] = ()
    before: tuple[datetime, str] | None = None
    limit: int = 20
    with_deleted: bool = False  # What can still be brought back.


class Listing(NamedTuple):
    """A page of jobs, newest first, and whether older ones follow."""

    jobs: list[Job]
    has_older: bool = False


_COLUMNS = """
    id, queue, task, owner, title, size, state, stage, progress, reason, attempt, failures,
    max_failures, cancel_requested_at IS NOT NULL, created_at, due_at, waiting_since,
    started_at, ended_at, taken_at, taken_progress, handed_over
"""
_ONE = f"SELECT {_COLUMNS} FROM jobs WHERE id = %s AND deleted_at IS NULL"  # noqa: S608


def _job(row: tuple[object, ...]) -> Job:
    job = Job(*row)  # type: ignore[arg-type]
    reason = job.reason and unpack(job.reason)
    title = registry.title_of(job.task) or job.title
    return job._replace(title=title, state=State(job.state), stage=unpack(job.stage), reason=reason)


def find(conn: Connection, job_id: str) -> Job | None:
    """Return the job, whosever it is; None as well for one that is deleted."""
    with conn.cursor() as cur:
        cur.execute(_ONE, (job_id,))
        row = cur.fetchone()
    return _job(row) if row else None


def newest(conn: Connection, page: Page) -> Listing:
    """Return a page of jobs; the key of its last one gives the next page."""
    conditions, values, text = list[str](), list[object](), page.text and literal(page.text)
    for condition, *given in (
        ("part_of IS NULL AND (deleted_at IS NULL OR %s)", page.with_deleted),
        ("owner = %s", page.owner),
        ("state = %s", page.state),
        ("queue = %s", page.queue),
        ("(title ILIKE '%%' || %s || '%%' OR task = ANY(%s))", text, list(page.tasks)),
        ("(created_at, id) < %s", page.before),
    ):
        if given[0] is not None:
            conditions.append(condition)
            values += given
    query = (
        f"SELECT {_COLUMNS} FROM jobs WHERE {' AND '.join(conditions)}"  # noqa: S608
        " ORDER BY created_at DESC, id DESC LIMIT %s"
    )
    with conn.cursor() as cur:
        cur.execute(query, [*values, page.limit + 1])
        jobs = [_job(row) for row in cur.fetchall()]
    return Listing(jobs[: page.limit], len(jobs) > page.limit)


def place(conn: Connection, job: Job) -> Place:
    """Estimate when a waiting job starts: the work before it, shared by the workers there are.

    The pace is that of the last 20 jobs of the queue: seconds of a worker per unit of size. What
    was handed over to parts holds no worker of this queue.
    """
    with conn.cursor() as cur:
        cur.execute(
            """
            SELECT before.count, before.work,
                (SELECT coalesce(sum(size * (1 - progress)), 0) FROM jobs
                    WHERE queue = %(queue)s AND state = 'running' AND NOT handed_over),
                (SELECT count(*) FROM workers WHERE %(queue)s = ANY (queues)
                    AND seen_at > now() - %(alive)s::interval),
                (SELECT sum(extract(epoch FROM ended_at - taken_at)) / nullif(sum(size), 0)
                    FROM (SELECT ended_at, taken_at, size FROM jobs
                        WHERE queue = %(queue)s AND state = 'finished' AND NOT handed_over
                        ORDER BY ended_at DESC LIMIT 20) AS last)
            FROM (
                SELECT count(*) AS count, coalesce(sum(size), 0) AS work FROM jobs
                WHERE queue = %(queue)s AND state = 'waiting'
                AND (waiting_since, id) < (%(since)s, %(id)s)
            ) AS before
            """,
            {"queue": job.queue, "since": job.waiting_since, "id": job.id, "alive": ALIVE},
        )
        row = cur.fetchone()
    assert row is not None  # noqa: S101  # An aggregate has one row.
    ahead, work_ahead, work_running, workers, pace = row
    if not workers or pace is None:
        return Place(ahead, workers, None)
    return Place(ahead, workers, float(work_ahead + work_running) * float(pace) / workers)


def attempts(conn: Connection, job_id: str) -> list[Attempt]:
    """Return the job's attempts, first to last."""
    with conn.cursor() as cur:
        cur.execute(
            "SELECT attempt, started_at, ended_at, outcome, reason FROM job_attempts"
            " WHERE job_id = %s ORDER BY attempt",
            (job_id,),
        )
        return [Attempt(*row[:3], *(x and unpack(x) for x in row[3:])) for row in cur.fetchall()]


def log_lines(conn: Connection, job_id: str, limit: int = 200) -> list[LogLine]:
    """Return the last `limit` log lines of the job, oldest first."""
    with conn.cursor() as cur:
        cur.execute(
            "SELECT at, message FROM (SELECT id, at, message FROM job_log"
            " WHERE job_id = %s ORDER BY id DESC LIMIT %s) AS last ORDER BY id",
            (job_id, limit),
        )
        return [LogLine(at, unpack(message)) for at, message in cur.fetchall()]
