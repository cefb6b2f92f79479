"""Work about accounts that the usrreg queue carries. Knows nothing of HTTP."""

import time

from app_srvc import db, storage
from app_srvc.accounts import steady
from app_srvc.accounts.repository import links, password_requests, sessions, users
from app_srvc.errors import Conflict
from app_srvc.jobs import deleting, submission
from app_srvc.jobs.registry import task
from app_srvc.jobs.repository import history, reading
from app_srvc.jobs.repository.reading import Page
from app_srvc.mail import posting
from app_srvc.queues import Queue
from app_srvc.uploads import repository as uploads
from app_srvc.words import _

# Workers stop what is cancelled within a second or two.
STOPPING_SECONDS = 1.0
# What one job of erasing takes at most.
ROUND_SECONDS = 30.0


@task(Queue.USRREG, max_failures=5, pause_seconds=2.0, title=_("Link for a new password"))
def send_link(job_id: str) -> None:
    """Mail a link to set a password to whoever asked for one, if there is such a person."""
    # Whoever is next in the queue sees how long it took.
    with steady.time_spent(), db.transaction() as conn:
        email_key = password_requests.take(conn, job_id)
        user = users.find_by_email(conn, email_key) if email_key else None
        if user is None or user.state == "locked":
            return
        posting.post_once_in_a_while(conn, user.id, posting.kind_for(user))


@task(Queue.USRREG, max_failures=20, pause_seconds=5.0, title=_("Deletion of an account's data"))
def erase(owner: str) -> None:
    """Delete all that somebody has sent who is gone.

    What still runs is cancelled first. After a while another job goes on with what is left: so
    registrations do not wait for long. Running twice is harmless.
    """
    with db.transaction() as conn:
        if not users.gone(conn, [owner]):
            return  # Never of somebody who is there.
        keys = uploads.keys_of(conn, owner)
    storage.discard(keys)
    until = time.monotonic() + ROUND_SECONDS
    while time.monotonic() < until:
        with db.transaction() as conn:
            jobs = reading.newest(conn, Page(owner, limit=100, with_deleted=True)).jobs
        if not jobs:
            return
        for job in jobs:
            _delete(job)
        if not all(job.state.has_ended for job in jobs):
            time.sleep(STOPPING_SECONDS)
    with db.transaction() as conn:
        submit_erasure(conn, owner)


def submit_erasure(conn: db.Connection, owner: str) -> None:
    """Let a worker delete all that somebody has sent who is gone."""
    submission.submit(
        conn, erase, owner,
        job_id=submission.new_id(), owner=submission.SYSTEM, timeout_seconds=600,
    )  # fmt: skip


def keep_house(conn: db.Connection) -> None:
    """Forget sessions and links that have expired, and what came while its owner was deleted."""
    sessions.forget_old(conn)
    links.forget_old(conn)
    password_requests.forget_old(conn)
    for owner in users.gone(conn, history.owners_of_late(conn)):
        submit_erasure(conn, owner)


def _delete(job: reading.Job) -> None:
    """Delete a job, or cancel it so that it can be deleted in the next round."""
    try:
        if job.state.has_ended:
            deleting.delete(job.id)
        elif not job.cancel_requested:
            submission.cancel(job.id)
    except Conflict:
        pass  # It has changed meanwhile; the next round sees.
