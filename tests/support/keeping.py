"""What has been kept for a while: jobs with their files, cycles, months, and the sweep."""

from app_srvc import db, storage
from app_srvc.jobs import submission
from app_srvc.jobs.dispatcher import Dispatcher
from app_srvc.jobs.gate import Gate
from tests.support import processing, tasks
from tests.support.rows import scalar
from tests.support.submitting import submit


def ended(days: float, size: int = 0) -> str:
    """Return a job that ended so many days ago, with a file of so many bytes if any."""
    keys = [storage.save([b"x" * size]).key] if size else []
    job_id = submit(tasks.count, "/dev/null", keys=keys)
    submission.cancel(job_id)
    with db.transaction() as conn, conn.cursor() as cur:
        cur.execute(
            "UPDATE jobs SET ended_at = ended_at - %s * interval '1 day' WHERE id = %s",
            (days, job_id),
        )
        cur.execute(
            "UPDATE files SET released_at = released_at - %s * interval '1 day'"
            " WHERE key = ANY(%s)",
            (days, keys),
        )
    return job_id


def cycle(days: float, name: str = "letters") -> None:
    """Let a processor, made if there is none, have had a cycle that ended so many days ago."""
    if not scalar("SELECT count(*) FROM processors WHERE name = %s", name):
        processing.processor(name)
    with db.transaction() as conn, conn.cursor() as cur:
        cur.execute(
            "INSERT INTO cycles (processor_id, epoch, cause, ended_at)"
            " SELECT id, 0, 'timer', now() - %s * interval '1 day' FROM processors"
            " WHERE name = %s",
            (days, name),
        )


def done(days: float, key: str, name: str = "letters") -> None:
    """Let a processor, which is there, have done a record so many days ago."""
    processing.add(scalar("SELECT id FROM processors WHERE name = %s", name), key)
    with db.transaction() as conn, conn.cursor() as cur:
        cur.execute(
            "UPDATE records SET status = 'done', created_at = now() - %(days)s * interval '1 day',"
            " ended_at = now() - %(days)s * interval '1 day' WHERE source_key = %(key)s",
            {"days": days, "key": key},
        )


def month(months: int, attempts: int) -> None:
    """Let so many attempts at records lie in the part of a month so long ago."""
    with db.transaction() as conn, conn.cursor() as cur:
        cur.execute("SELECT make_month('record_attempts', 'ended_at', %s)", (-months,))
        cur.execute(
            "INSERT INTO record_attempts (record_id, claim_seq, outcome, ended_at)"
            " SELECT 1, 1, 'done', date_trunc('month', now()) - %s * interval '1 month'"
            " FROM generate_series(1, %s)",
            (months, attempts),
        )


def sweep() -> None:
    """Let everything be swept that is due, as the dispatcher of a worker does."""
    dispatcher = Dispatcher(Gate())
    try:
        assert dispatcher.run_once()
    finally:
        dispatcher.stop()
