"""Run jobs in the process of a test, as a worker would, one at a time."""

from app_srvc import db
from app_srvc.jobs import callbacks, running
from app_srvc.jobs.repository import workers
from app_srvc.queues import Queue


def register(*names: str) -> None:
    """Note that workers of these names live."""
    with db.transaction() as conn:
        for name in names:
            workers.register(conn, name, list(Queue), "here", 1)


def perform(job_id: str, worker: str = "a") -> None:
    """Run a job and record its outcome."""
    try:
        attempt = running.perform(job_id, worker)
    except Exception as error:
        callbacks.on_failure(job_id, error)
    else:
        callbacks.on_success(job_id, attempt)
    finally:
        running._own.running = None  # A worker's process would be gone now.


def waiting(queue: Queue) -> list[str]:
    """Return the jobs that wait in a queue, first come first."""
    with db.transaction() as conn, conn.cursor() as cur:
        cur.execute(
            "SELECT id FROM jobs WHERE queue = %s AND state = 'waiting' ORDER BY waiting_since, id",
            (queue,),
        )
        return [job_id for (job_id,) in cur.fetchall()]
