"""Take registrations in: each is recorded with its job, and one that is sent twice once."""

from app_srvc import db
from app_srvc.accounts import secret
from app_srvc.accounts.repository.users import Profile
from app_srvc.errors import InvalidForm
from app_srvc.jobs import submission
from app_srvc.usrreg import repository, tasks
from app_srvc.usrreg.repository import NewRegistration
from app_srvc.words import _


class UsedForAnother(InvalidForm):
    """A key that came before with something else."""


def take_in(profile: Profile, sender: str | None, key: str | None) -> str:
    """Record a registration and queue it; return the job's id.

    Whether the login or the address is taken is found out in the queue: here nothing depends on
    it, the time least.

    Raises:
        UsedForAnother: the key was sent before, with another registration.
    """
    # Keys of two senders do not meet.
    once_hash = secret.keyed("registration", f"{sender}\0{key}") if key else None
    body_hash = secret.keyed("registration", "\0".join(filter(None, profile[:-1])))
    email_hash = secret.keyed("registered address", profile.email_key)
    job_id = submission.new_id()
    with db.transaction() as conn:
        new = NewRegistration(job_id, profile, sender, once_hash, body_hash, email_hash)
        if repository.add(conn, new):
            submission.submit(
                conn, tasks.register, job_id, job_id=job_id, owner=sender, timeout_seconds=60
            )
            return job_id
        earlier = repository.find_earlier(conn, once_hash or "")
    if earlier is None or earlier.body_hash != body_hash:
        raise UsedForAnother(
            _("This was sent already, with something else in it. Please open the form anew.")
        )
    return earlier.job_id
