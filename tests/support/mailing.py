"""Post mail and try to send it, in the process of a test."""

from app_srvc import db
from app_srvc.jobs.repository.reading import Job
from app_srvc.mail import posting, repository
from app_srvc.mail.repository import Mail
from tests.support.accounts import add_user
from tests.support.performing import perform, register
from tests.support.workers import job


def posted(kind: str = "welcome", **person: str) -> str:
    """Post a mail to a new person, and return its id."""
    user_id = add_user(**person)
    with db.transaction() as conn:
        return posting.post(conn, user_id, kind)


def found(mail_id: str) -> Mail:
    """Return a mail as it stands."""
    with db.transaction() as conn:
        mail = repository.find(conn, mail_id)
    assert mail is not None
    return mail


def attempt(mail_id: str) -> Mail:
    """Try to send a mail once, as soon as its job may, and return how it stands then."""
    job_id = found(mail_id).job_id
    with db.transaction() as conn, conn.cursor() as cur:
        cur.execute(
            "UPDATE jobs SET state = 'waiting', due_at = NULL"
            " WHERE id = %s AND state = 'scheduled'",
            (job_id,),
        )
    register("a")
    perform(job_id)
    return found(mail_id)


def job_of(mail_id: str) -> Job:
    """Return the job that sends a mail."""
    return job(found(mail_id).job_id)
