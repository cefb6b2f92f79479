"""Pages about jobs: the list of mine, and each one as it moves."""

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, session
from flask.typing import ResponseReturnValue

from app_srvc import admission, db, queues
from app_srvc.accounts import access
from app_srvc.jobs import forms, outlook, presenting, streaming, submission, undoing
from app_srvc.jobs.repository import reading
from app_srvc.jobs.repository.reading import Listing
from app_srvc.words import _

# Somebody else's job that an operator has deleted last in this browser, and may want back.
LAST = "deleted_job"

bp = Blueprint("jobs", __name__, url_prefix="/jobs")
bp.before_request(access.everybody)


@bp.get("/")
def index() -> ResponseReturnValue:
    """List my jobs, newest first."""
    form = forms.JobFilter(request.args)
    listing = presenting.list_visible(form.page()) if form.validate() else Listing([])
    page = render_template(
        "jobs/index.html",
        form=form,
        jobs=listing.jobs,
        deleted=undoing.mine(also=session.get(LAST)),
        best_url=presenting.best_url,
        label=queues.label,
        newest_address=forms.newest_query(),
        older_address=forms.older_query(listing),
    )
    return page, 422 if form.errors else 200


@bp.get("/<uuid:job_id>")
def show(job_id: UUID) -> ResponseReturnValue:
    """Show one job: state, progress, place in the queue, attempts, log."""
    job = presenting.find_visible(str(job_id))
    with db.transaction() as conn:
        attempts = reading.attempts(conn, job.id)
        lines = reading.log_lines(conn, job.id)
    return render_template(
        "jobs/show.html",
        job=job,
        outlook=outlook.of(job),
        attempts=attempts,
        lines=lines,
        queue_label=queues.label(job.queue),
        result_url=presenting.result_url(job),
    )


@bp.get("/<uuid:job_id>/events")
def events(job_id: UUID) -> ResponseReturnValue:
    """Stream one job's state."""
    job = presenting.find_visible(str(job_id))
    looks = streaming.follow(job.id, lambda job: presenting.as_json(job, with_place=True))
    return streaming.answer(looks)


@bp.post("/<uuid:job_id>/cancel")
def cancel(job_id: UUID) -> ResponseReturnValue:
    """Cancel a job and show what becomes of it."""
    job = presenting.find_visible(str(job_id))
    submission.cancel(job.id)
    return redirect(presenting.page_of(job), 303)


@bp.post("/<uuid:job_id>/retry")
def retry(job_id: UUID) -> ResponseReturnValue:
    """Let a job be tried again and show it."""
    job = presenting.find_visible(str(job_id))
    admission.require_room(job.queue)
    submission.retry(job.id)
    return redirect(presenting.page_of(job), 303)


@bp.post("/<uuid:job_id>/delete")
def delete(job_id: UUID) -> ResponseReturnValue:
    """Delete a job, its file and its result, for a while in which they can be brought back."""
    job = presenting.find_visible(str(job_id))
    undoing.put_aside(job.id)
    if job.owner != access.viewer().owner:
        session[LAST] = job.id
    flash(_("%(name)s was deleted.", name=job.title))
    return redirect(presenting.listing_of(job), 303)


@bp.post("/<uuid:job_id>/undo")
def undo(job_id: UUID) -> ResponseReturnValue:
    """Bring a job back that was deleted, and show it."""
    undoing.bring_back(str(job_id))
    flash(_("It is back."))
    return redirect(presenting.page_of(presenting.find_visible(str(job_id))), 303)
