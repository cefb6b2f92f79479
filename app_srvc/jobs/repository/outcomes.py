"""How an attempt at a job ends, and what becomes of the job then.

Each change is a compare-and-set on the attempt that holds the job, and says whether it happened:
the late report of a worker that has lost its job changes nothing.
"""

from typing import NamedTuple

from app_srvc.db import Connection, prepared
from app_srvc.db.prepared import Prepared
from app_srvc.jobs.repository import parts
from app_srvc.jobs.states import State
from app_srvc.storage import repository as files
from app_srvc.words import pack

LONGEST_PAUSE_SECONDS = 3600.0
_FINISH = Prepared(
    "finish_job",
    ("uuid", "integer"),
    """
    WITH done AS (
        UPDATE jobs SET state = 'finished', progress = 1, stage = '', reason = NULL,
            ended_at = now(), lease_until = NULL
        WHERE id = $1 AND attempt = $2 AND state = 'running' AND NOT handed_over
          AND NOT EXISTS (SELECT FROM job_files WHERE job_id = $1)
        RETURNING id, attempt
    ), ended AS (
        UPDATE job_attempts SET ended_at = now(), outcome = 'finished', reason = NULL
        FROM done WHERE job_id = done.id AND job_attempts.attempt = done.attempt
          AND job_attempts.ended_at IS NULL
    )
    SELECT FROM done
    """,
)


def finish_without_files(conn: Connection, job_id: str, attempt: int) -> bool:
    """Do as `finish`, in one statement, and only if the job has no files to let go of."""
    with conn.cursor() as cur:
        prepared.execute(conn, cur, _FINISH, (job_id, attempt))
        return cur.rowcount == 1


def finish(conn: Connection, job_id: str, attempt: int, *, handed_over: bool = False) -> bool:
    """Record success of the attempt that holds the job, or that has handed it over."""
    with conn.cursor() as cur:
        cur.execute(
            "UPDATE jobs SET state = 'finished', progress = 1, stage = '', reason = NULL,"
            " ended_at = now(), lease_until = NULL"
            " WHERE id = %s AND attempt = %s AND state = 'running' AND handed_over = %s",
            (job_id, attempt, handed_over),
        )
        if cur.rowcount != 1:
            return False
    _end_attempt(conn, job_id, attempt, "finished")
    files.release(conn, job_id)
    return True


def fail(
    conn: Connection,
    job_id: str,
    attempt: int,
    reason: str,
    *,
    pause_seconds: float | None,
    outcome: str = "failed",
    handed_over: bool = False,
) -> State | None:
    """End an attempt without success; None when it does not hold the job any more.

    The job is tried again, unless it has failed often enough in a row: after the pause, which
    doubles with each failure, or at once when the pause is 0. A pause of None means never again.
    An attempt that got on begins a new row, and counts as none at all if it was lost: what it did
    is not done again.
    """
    row = _lock(conn, job_id, attempt, handed_over=handed_over)
    if row is None:
        return None
    if row.cancelled:
        return close(conn, job_id, attempt, State.CANCELLED)
    before = 0 if row.got_on else row.failures
    counts = outcome != "lost" or not row.got_on
    if pause_seconds is None or (counts and before + 1 >= row.max_failures):
        return close(conn, job_id, attempt, State.FAILED, reason)
    _end_attempt(conn, job_id, attempt, outcome, reason)
    pause = min(pause_seconds * 2**before, LONGEST_PAUSE_SECONDS)
    return _wait_again(conn, job_id, pause, failures=before + int(counts))


def give_back(
    conn: Connection, job_id: str, attempt: int, pause_seconds: float = 0
) -> State | None:
    """End an attempt for a cause that is not the job's, without counting it as a failure."""
    row = _lock(conn, job_id, attempt)
    if row is None:
        return None
    if row.cancelled:
        return close(conn, job_id, attempt, State.CANCELLED)
    _end_attempt(conn, job_id, attempt, "given back")
    return _wait_again(conn, job_id, pause_seconds, failures=row.failures)


def stopped(conn: Connection, job_id: str, attempt: int) -> bool:
    """Record that an attempt was stopped on purpose; False when it does not hold the job."""
    if _lock(conn, job_id, attempt) is None:
        return False
    close(conn, job_id, attempt, State.CANCELLED)
    return True


def held_by(conn: Connection, job_id: str, worker: str) -> int | None:
    """Return the attempt with which `worker` runs the job; None when it does not."""
    with conn.cursor() as cur:
        cur.execute(
            "SELECT attempt FROM jobs WHERE id = %s AND worker = %s AND state = 'running'"
            " AND NOT handed_over",
            (job_id, worker),
        )
        row = cur.fetchone()
    return row[0] if row else None


class _Locked(NamedTuple):
    failures: int
    max_failures: int
    cancelled: bool
    got_on: bool


def _lock(
    conn: Connection, job_id: str, attempt: int, *, handed_over: bool = False
) -> _Locked | None:
    """Lock the row of a running job for the attempt that holds it, or has handed it over."""
    with conn.cursor() as cur:
        cur.execute(
            "SELECT failures, max_failures, cancel_requested_at IS NOT NULL,"
            " progress > taken_progress FROM jobs"
            " WHERE id = %s AND attempt = %s AND state = 'running' AND handed_over = %s FOR UPDATE",
            (job_id, attempt, handed_over),
        )
        row = cur.fetchone()
    return _Locked(*row) if row else None


def close(
    conn: Connection, job_id: str, attempt: int, state: State, reason: str | None = None
) -> State:
    """End a job whose row the caller has locked, and let go of its files.

    What one of its parts cannot do, the whole cannot.
    """
    with conn.cursor() as cur:
        cur.execute(
            "UPDATE jobs SET state = %s, reason = %s, stage = '', ended_at = now(),"
            " lease_until = NULL, due_at = NULL WHERE id = %s RETURNING part_of, handed_over",
            (state, reason and pack(reason), job_id),
        )
        whole, handed_over = cur.fetchone() or (None, False)
    _end_attempt(conn, job_id, attempt, state, reason)
    files.release(conn, job_id)
    if handed_over:
        parts.forget(conn, job_id)
    if whole is not None:
        _close_whole(conn, whole, state, reason)
    return state


def _close_whole(conn: Connection, whole: str, state: State, reason: str | None) -> None:
    attempt = parts.lock_whole(conn, whole)
    if attempt is not None:
        close(conn, whole, attempt, state, reason)


def _wait_again(conn: Connection, job_id: str, pause_seconds: float, *, failures: int) -> State:
    """Let a job whose row the caller has locked wait, or pause first. It keeps its place."""
    state = State.SCHEDULED if pause_seconds else State.WAITING
    with conn.cursor() as cur:
        cur.execute(
            "UPDATE jobs SET state = %s, failures = %s, stage = '',"
            " due_at = now() + %s * interval '1 second', lease_until = NULL WHERE id = %s",
            (state, failures, pause_seconds, job_id),
        )
    return state


def _end_attempt(
    conn: Connection, job_id: str, attempt: int, outcome: str, reason: str | None = None
) -> None:
    with conn.cursor() as cur:
        cur.execute(
            "UPDATE job_attempts SET ended_at = now(), outcome = %s, reason = %s"
            " WHERE job_id = %s AND attempt = %s AND ended_at IS NULL",
            (outcome, reason and pack(reason), job_id, attempt),
        )
