"""Work about mail that the mail queue carries. Runs in a worker; knows nothing of HTTP."""

from app_srvc.jobs.registry import task
from app_srvc.queues import Queue
from app_srvc.words import _

# A mail server that is away is asked again after half a minute, a minute, two, and so on up to an
# hour: in all for a day.
MAX_FAILURES = 31


@task(Queue.MAIL, max_failures=MAX_FAILURES, title=_("Mail"))
def send(mail_id: str) -> None:
    """Send a mail, unless it has been sent. Running twice is harmless."""
    # With SMTP and templates: the web process only names this task.
    from app_srvc.mail import sending  # noqa: PLC0415

    sending.send(mail_id)


def preload() -> None:
    """Load what every mail needs, once, for the jobs to inherit."""
    import app_srvc.mail.sending  # noqa: F401, PLC0415
