"""Jobs for programs, as JSON."""

from uuid import UUID

from flask import Blueprint, jsonify, request, url_for
from flask.typing import ResponseReturnValue

from app_srvc import admission
from app_srvc.accounts import access
from app_srvc.errors import InvalidForm
from app_srvc.jobs import deleting, forms, presenting, streaming, submission
from app_srvc.jobs.repository.reading import Job
from app_srvc.web.negotiation import for_programs
from app_srvc.words import _

LONGEST_WAIT_SECONDS = 60.0

bp = for_programs(Blueprint("jobs_api", __name__, url_prefix="/api/jobs"))
bp.before_request(access.everybody)


@bp.get("")
def index() -> ResponseReturnValue:
    """List my jobs, newest first; `next` is the address of the next page."""
    form = forms.JobFilter(request.args)
    if not form.validate():
        raise InvalidForm(_("The list cannot be narrowed like that."), form.errors)
    listing = presenting.list_visible(form.page())
    query = forms.older_query(listing)
    return jsonify(
        jobs=[presenting.as_json(job) for job in listing.jobs],
        next=url_for(".index") + query if query else None,
    )


@bp.get("/<uuid:job_id>")
def show(job_id: UUID) -> ResponseReturnValue:
    """Show one job. With `wait=SECONDS`, up to 60, answer as soon as it has ended."""
    seconds = _wait_seconds()
    if seconds:
        return _answer(streaming.wait_for_end(str(job_id), seconds))
    return _answer(presenting.find_visible(str(job_id)))


@bp.post("/<uuid:job_id>/cancel")
def cancel(job_id: UUID) -> ResponseReturnValue:
    """Cancel a job."""
    job = presenting.find_visible(str(job_id))
    submission.cancel(job.id)
    return _answer(presenting.find_visible(job.id))


@bp.post("/<uuid:job_id>/retry")
def retry(job_id: UUID) -> ResponseReturnValue:
    """Let a failed or cancelled job be tried again."""
    job = presenting.find_visible(str(job_id))
    admission.require_room(job.queue)
    submission.retry(job.id)
    return _answer(presenting.find_visible(job.id))


@bp.delete("/<uuid:job_id>")
def delete(job_id: UUID) -> ResponseReturnValue:
    """Forget a job that has ended, its file and its result."""
    job = presenting.find_visible(str(job_id))
    deleting.delete(job.id)
    return "", 204


def _answer(job: Job) -> ResponseReturnValue:
    return jsonify(presenting.as_json(job, with_place=True))


def _wait_seconds() -> float:
    text = request.args.get("wait", "0")
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds < float("inf"):
        told = _("%(name)s takes a number of seconds.", name="wait")
        raise InvalidForm(told, {"wait": [told]})
    return min(seconds, LONGEST_WAIT_SECONDS)
