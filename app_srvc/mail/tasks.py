"""Work about mail that the mail queue carries. Runs in a worker; knows nothing of HTTP."""

from app_srvc import db
from app_srvc.jobs import submission
from app_srvc.jobs.registry import task
from app_srvc.mail import repository
from app_srvc.mail.repository import wishes
from app_srvc.queues import Queue
from app_srvc.words import _

# A mail server that is away is asked again after half a minute, a minute, two, and so on up to an
# hour: in all for a day.
MAX_FAILURES = 31
# Far more than a conversation with the server may take.
TIMEOUT_SECONDS = 600
# What one second posts; the rest has its turn in the next.
MOST_AT_ONCE = 100


@task(Queue.MAIL, max_failures=MAX_FAILURES, title=_("Mail"))
def send(mail_id: str) -> None:
    """Send a mail, unless it has been sent. Running twice is harmless."""
    # With SMTP and templates: the web process only names this task.
    from app_srvc.mail import sending  # noqa: PLC0415

    sending.send(mail_id)


def tick(_seconds_held: float) -> None:
    """Post a mail about each job that has ended and that somebody wants one about.

    In one transaction with the end of the wish: it is posted once.
    """
    with db.transaction() as conn:
        for wish in wishes.take_due(conn, MOST_AT_ONCE):
            submit(conn, wish.user_id, "ended", about=wish.job_id)


def submit(
    conn: db.Connection,
    user_id: str,
    kind: str,
    *,
    link_id: str | None = None,
    about: str | None = None,
) -> str:
    """Record a mail and let a job send it, in the caller's transaction, and return its id.

    Neither the job nor its message in the queue tell to whom it goes.
    """
    mail_id, job_id = submission.new_id(), submission.new_id()
    submission.submit(
        conn, send, mail_id,
        job_id=job_id, owner=submission.SYSTEM, timeout_seconds=TIMEOUT_SECONDS,
    )  # fmt: skip
    repository.add(conn, repository.NewMail(mail_id, user_id, kind, link_id, job_id, about))
    return mail_id


def preload() -> None:
    """Load what every mail needs, once, for the jobs to inherit."""
    import app_srvc.mail.sending  # noqa: F401, PLC0415
