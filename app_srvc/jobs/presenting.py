"""A job as JSON, and as what its page needs."""

from datetime import UTC, datetime, timedelta
from typing import Any

from flask import url_for

from app_srvc import db
from app_srvc.accounts import access
from app_srvc.errors import NotFound
from app_srvc.jobs import registry
from app_srvc.jobs.repository import reading
from app_srvc.jobs.repository.reading import Job, Listing, Page, Place
from app_srvc.jobs.states import State


def find_visible(job_id: str) -> Job:
    """Return a job that whoever asks may see.

    Raises:
        NotFound: there is none, or it is somebody else's.
    """
    with db.transaction() as conn:
        job = reading.find(conn, job_id)
    if job is None or not access.viewer().may_see(job.owner):
        raise NotFound("There is no such job, or it is not yours.")
    return job


def list_visible(page: Page) -> Listing:
    """Return the jobs on a page of the list: an operator sees all, a guest their own.

    Somebody without a cookie owns nothing that could be listed.
    """
    viewer = access.viewer()
    if viewer.owner is None and not viewer.is_operator:
        return Listing([])
    owner = None if viewer.is_operator else viewer.owner
    with db.transaction() as conn:
        return reading.newest(conn, page._replace(owner=owner))


def message_of(job: Job, place: Place | None) -> str:
    """Return how the job stands, in a sentence for its owner."""
    if job.state.has_ended:
        return job.reason or ("Cancelled." if job.state == State.CANCELLED else "Done.")
    if job.cancel_requested:
        return "Being cancelled."
    if job.state == State.SCHEDULED:
        return "The last try failed; there is going to be another."
    if place is None:
        return "At work."
    before = {0: "Next in the queue.", 1: "One job is before this one."}
    sentence = before.get(place.ahead, f"{place.ahead} jobs are before this one.")
    if place.workers == 0:
        sentence += " No worker is running just now; it begins as soon as one does."
    return sentence


def begins_at(job: Job, place: Place | None) -> datetime | None:
    """Return when the next attempt begins or may begin, as far as that can be told."""
    if job.state == State.SCHEDULED:
        return job.due_at
    if place is None or place.seconds_until_start is None:
        return None
    # To the minute: an estimate is no better, and whoever follows it is not told each second.
    begin = datetime.now(UTC) + timedelta(seconds=place.seconds_until_start)
    return (begin + timedelta(seconds=30)).replace(second=0, microsecond=0)


def place_of(job: Job) -> Place | None:
    """Return where a waiting job stands; None for any other."""
    if job.state != State.WAITING:
        return None
    with db.transaction() as conn:
        return reading.place(conn, job)


def result_url(job: Job) -> str | None:
    """Return the address of the page that shows the result."""
    endpoint = registry.page_of(job.task)
    return url_for(endpoint, job_id=job.id) if endpoint else None


def best_url(job: Job) -> str:
    """Return the address of the page to which a list leads: that of the result, if it has one."""
    return result_url(job) or url_for("jobs.show", job_id=job.id)


def as_json(job: Job, place: Place | None = None) -> dict[str, Any]:
    """Return what programs and the pages' scripts read about a job.

    Times are ISO 8601 with a zone; `progress` is 0 to 1; `message` says how the job stands,
    `stage` what its attempt is doing; `ahead` counts the waiting jobs before this one;
    `begins_at` is when the next attempt begins, or may begin, to the minute.
    """
    return {
        "id": job.id,
        "queue": job.queue,
        "task": job.task,
        "title": job.title,
        "state": job.state,
        "message": message_of(job, place),
        "stage": job.stage,
        "progress": round(job.progress, 4),
        "reason": job.reason,
        "attempt": job.attempt,
        "cancel_requested": job.cancel_requested and not job.state.has_ended,
        "ahead": place.ahead if place else None,
        "begins_at": _time(begins_at(job, place)),
        "created_at": _time(job.created_at),
        "started_at": _time(job.started_at),
        "ended_at": _time(job.ended_at),
        "status_url": url_for("jobs_api.show", job_id=job.id),
        "page_url": url_for("jobs.show", job_id=job.id),
        "result_url": result_url(job),
    }


def _time(moment: datetime | None) -> str | None:
    return moment.isoformat(timespec="milliseconds") if moment else None
