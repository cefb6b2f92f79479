"""How a job stands and what can be expected of it, in words and times."""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from app_srvc import db
from app_srvc.jobs.repository import parts, reading
from app_srvc.jobs.repository.reading import Job, Place
from app_srvc.jobs.states import State
from app_srvc.words import _, join, ngettext

# Before that, the pace of an attempt says nothing.
SETTLED_SECONDS = 3.0
SETTLED_SHARE = 0.03


class Outlook(NamedTuple):
    """What the owner of a job wants to know.

    `jobs_before` counts those before a waiting one. `begins_at` and `ends_at` are estimates, None
    where nothing can be told; `left` is the time to `ends_at` in words, or nothing.
    """

    message: str
    jobs_before: int | None
    begins_at: datetime | None
    ends_at: datetime | None
    left: str


def of(job: Job) -> Outlook:
    """Return all that can be told; for a job that waits, the others are looked at."""
    told = _with(job, _place_of(job))
    if job.state == State.RUNNING and job.handed_over and not job.cancel_requested:
        with db.transaction() as conn:
            if not parts.has_running(conn, job.id):
                return told._replace(message=_("Waiting for its next turn."), left="")
    return told


def without_place(job: Job) -> Outlook:
    """Return what the job's row tells."""
    return _with(job, None)


def _with(job: Job, place: Place | None) -> Outlook:
    end = _ends_at(job)
    return Outlook(
        _message_of(job, place),
        place.ahead if place else None,
        _begins_at(job, place),
        end,
        _left_until(end) if end else "",
    )


def _place_of(job: Job) -> Place | None:
    """Return where a waiting job stands; None for any other."""
    if job.state != State.WAITING:
        return None
    with db.transaction() as conn:
        return reading.place(conn, job)


def _message_of(job: Job, place: Place | None) -> str:
    """Return how the job stands, in a sentence for its owner."""
    if job.state.has_ended:
        return job.reason or (_("Cancelled.") if job.state == State.CANCELLED else _("Done."))
    if job.cancel_requested:
        return _("Being cancelled.")
    if job.state == State.SCHEDULED:
        return _("The last try failed; there is going to be another.")
    if place is None:
        return _("At work.")
    sentence = _("Next in the queue.")
    if place.ahead:
        sentence = ngettext(
            "One job is before this one.", "%(num)s jobs are before this one.", place.ahead
        )
    if place.workers == 0:
        told = _("No worker is running just now; it begins as soon as one does.")
        sentence = join(sentence, told)
    return sentence


def _begins_at(job: Job, place: Place | None) -> datetime | None:
    """Return when the next attempt begins or may begin, as far as that can be told."""
    if job.state == State.SCHEDULED:
        return job.due_at
    if place is None or place.seconds_until_start is None:
        return None
    # To the minute: an estimate is no better, and whoever follows it is not told each second.
    begin = datetime.now(UTC) + timedelta(seconds=place.seconds_until_start)
    return (begin + timedelta(seconds=30)).replace(second=0, microsecond=0)


def _ends_at(job: Job) -> datetime | None:
    """Return when a running job may be done, at the pace of its attempt so far."""
    if job.state != State.RUNNING or job.taken_at is None:
        return None
    now = datetime.now(UTC)
    seconds, gained = (now - job.taken_at).total_seconds(), job.progress - job.taken_progress
    if seconds < SETTLED_SECONDS or gained < SETTLED_SHARE:
        return None
    left = timedelta(seconds=seconds * (1 - job.progress) / gained)
    return (now + left).replace(microsecond=0)


def _left_until(end: datetime) -> str:
    seconds = (end - datetime.now(UTC)).total_seconds()
    if seconds < 20:
        return _("A few seconds left.")
    if seconds < 90:
        return _("About a minute left.")
    if seconds < 5400:
        minutes = round(seconds / 60)
        return ngettext("About %(num)s minute left.", "About %(num)s minutes left.", minutes)
    hours = round(seconds / 3600)
    return ngettext("About %(num)s hour left.", "About %(num)s hours left.", hours)
