"""Links that open one transcript, to be read, to whoever holds them.

The token follows from the link's id and SECRET_KEY, so its page can show it again; what is kept is
a hash of it, which opens nothing.
"""

from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from app_srvc import db
from app_srvc.accounts import secret
from app_srvc.errors import Conflict, InvalidForm, NotFound
from app_srvc.jobs.repository import reading
from app_srvc.jobs.repository.reading import Job
from app_srvc.jobs.submission import new_id
from app_srvc.speech.document.repository import shares, speakers
from app_srvc.words import _

MOST_SHARES = 100


class Shown(NamedTuple):
    """A link as its list shows it; `token` None: SECRET_KEY was another one when it was made."""

    id: str
    token: str | None
    created_at: datetime
    last_day: date | None
    has_expired: bool


def share(job: Job, last_day: date | None, today: date) -> Shown:
    """Make a link, which opens the transcript until that day has passed everywhere on this server.

    Raises:
        InvalidForm: that day has passed already.
        Conflict: there is nothing to read yet, or there are too many links.
        NotFound: the transcript is gone.
    """
    if last_day is not None and last_day < today:
        wrong = _("That day has passed.")
        raise InvalidForm(wrong, {"last_day": [wrong]})
    if not job.state.has_ended:
        raise Conflict(_("It is still being transcribed. It can be shared once that has ended."))
    share_id = new_id()
    token = _token_of(share_id)
    expires_at = _midnight_after(last_day) if last_day else None
    with db.transaction() as conn:
        if not speakers.lock(conn, job.id):
            raise NotFound(_("There is no transcript of that job."))
        if len(shares.of_job(conn, job.id)) >= MOST_SHARES:
            raise Conflict(_("There are %(max)s links already. Revoke one first.", max=MOST_SHARES))
        shares.add(conn, share_id, job.id, secret.digest(token), expires_at)
    return next(one for one in list_of(job) if one.id == share_id)


def list_of(job: Job) -> list[Shown]:
    """Return the links to a transcript, newest first."""
    with db.transaction() as conn:
        found = shares.of_job(conn, job.id)
    return [_shown(one) for one in found]


def revoke(job: Job, share_id: UUID) -> None:
    """Let a link open nothing any more.

    Raises:
        NotFound: there is none like that.
    """
    with db.transaction() as conn:
        if not shares.remove(conn, job.id, str(share_id)):
            raise NotFound(_("There is no such link."))


def open_with(token: str) -> Job:
    """Return the job whose transcript a token opens.

    Raises:
        NotFound: it opens none, or none any more.
    """
    with db.transaction() as conn:
        job_id = shares.open_to(conn, secret.digest(token))
        job = reading.find(conn, job_id) if job_id else None
    if job is None:
        raise NotFound(_("This link opens nothing, or nothing any more. Ask whoever sent it."))
    return job


def _midnight_after(day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), datetime.min.time(), UTC)


def _token_of(share_id: str) -> str:
    return secret.keyed("shared transcript", share_id)


def _shown(one: shares.Share) -> Shown:
    token = _token_of(one.id)
    last_day = one.expires_at and (one.expires_at.astimezone(UTC) - timedelta(days=1)).date()
    is_known = secret.digest(token) == one.token_hash
    return Shown(one.id, token if is_known else None, one.created_at, last_day, one.has_expired)
