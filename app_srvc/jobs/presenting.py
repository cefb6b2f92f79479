"""A job as JSON, and as what its page needs."""

from datetime import datetime
from typing import Any

from flask import request, url_for

from app_srvc import db
from app_srvc.accounts import access
from app_srvc.errors import NotFound
from app_srvc.jobs import outlook, registry
from app_srvc.jobs.repository import reading
from app_srvc.jobs.repository.reading import Job, Listing, Page
from app_srvc.words import _, tell


def find_visible(job_id: str) -> Job:
    """Return a job that whoever asks may see.

    Raises:
        NotFound: there is none, or it is somebody else's.
    """
    with db.transaction() as conn:
        job = reading.find(conn, job_id)
    if job is None or not access.viewer().may_see(job.owner):
        raise NotFound(_("There is no such job, or it is not yours."))
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


def result_url(job: Job) -> str | None:
    """Return the address of the page that shows the result."""
    endpoint = registry.page_of(job.task)
    return url_for(endpoint, job_id=job.id) if endpoint else None


def best_url(job: Job) -> str:
    """Return the address of the page to which a list leads: that of the result, if it has one."""
    return result_url(job) or url_for("jobs.show", job_id=job.id)


def page_of(job: Job) -> str:
    """Return the page on which a button was: that of the job, or that of its result."""
    if request.args.get("back") == "result":
        return best_url(job)
    return url_for("jobs.show", job_id=job.id)


def listing_of(job: Job) -> str:
    """Return the list of jobs that is nearest to the page on which a button was."""
    is_of_kind = request.args.get("back") == "result"
    return url_for(registry.listing_of(job.task) if is_of_kind else registry.JOBS)


def as_json(job: Job, *, with_place: bool = False) -> dict[str, Any]:
    """Return what programs and the pages' scripts read about a job.

    Times are ISO 8601 with a zone; `progress` is 0 to 1; `message` says how the job stands,
    `stage` what its attempt is doing; `ahead` counts the waiting jobs before this one, where
    `with_place` asks for it; `begins_at` is when the next attempt begins, or may begin, to the
    minute; `ends_at` is when the running one may be done, and `left` says so in words.
    """
    told = outlook.of(job) if with_place else outlook.without_place(job)
    return {
        "id": job.id,
        "queue": job.queue,
        "task": job.task,
        "title": tell(job.title),
        "state": job.state,
        "message": tell(told.message),
        "stage": tell(job.stage),
        "progress": round(job.progress, 4),
        "reason": job.reason and tell(job.reason),
        "attempt": job.attempt,
        "cancel_requested": job.cancel_requested and not job.state.has_ended,
        "ahead": told.jobs_before,
        "begins_at": time_as_json(told.begins_at),
        "ends_at": time_as_json(told.ends_at),
        "left": tell(told.left),
        "created_at": time_as_json(job.created_at),
        "started_at": time_as_json(job.started_at),
        "ended_at": time_as_json(job.ended_at),
        "status_url": url_for("jobs_api.show", job_id=job.id),
        "page_url": url_for("jobs.show", job_id=job.id),
        "result_url": result_url(job),
    }


def standing_as_json(job: Job) -> dict[str, Any]:
    """Return what whoever polls for a result reads until there is one: the true state, and why."""
    answer = {"job_id": job.id, "status": job.state.value, "progress": round(job.progress, 4)}
    return answer | ({"reason": tell(job.reason)} if job.reason else {})


def time_as_json(moment: datetime | None) -> str | None:
    """Return a moment as programs read it."""
    return moment.isoformat(timespec="milliseconds") if moment else None
