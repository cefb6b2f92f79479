"""Work about webhooks that their queue carries. Runs in a worker; knows nothing of HTTP."""

from app_srvc import db
from app_srvc.jobs import submission
from app_srvc.jobs.registry import task
from app_srvc.queues import Queue
from app_srvc.webhooks import repository
from app_srvc.words import _

# As mail: an address that is away is asked again for a day, ever more seldom.
MAX_FAILURES = 31
TIMEOUT_SECONDS = 60
# What one second makes jobs of; the rest has its turn in the next.
MOST_AT_ONCE = 100


@task(Queue.WEBHOOKS, max_failures=MAX_FAILURES, title=_("Webhook"))
def deliver(delivery_id: str) -> None:
    """Tell a webhook of a job that has ended, unless it was told. Running twice is harmless."""
    # With certificates and a client: the web process only names this task.
    from app_srvc.webhooks import sending  # noqa: PLC0415

    sending.deliver(delivery_id)


def tick(_seconds_held: float) -> None:
    """Let jobs tell what is noted. Each is noted with its job's end, and told by one job of all."""
    with db.transaction() as conn:
        for delivery_id in repository.untold(conn, MOST_AT_ONCE):
            submit(conn, delivery_id)


def submit(conn: db.Connection, delivery_id: str) -> None:
    """Let a job tell it, in the caller's transaction."""
    job_id = submission.new_id()
    submission.submit(
        conn, deliver, delivery_id,
        job_id=job_id, owner=submission.SYSTEM, timeout_seconds=TIMEOUT_SECONDS,
    )  # fmt: skip
    repository.let_tell(conn, delivery_id, job_id)


def preload() -> None:
    """Load what every delivery needs, once, for the jobs to inherit."""
    import app_srvc.webhooks.sending  # noqa: F401, PLC0415
