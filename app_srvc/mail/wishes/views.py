"""A mail about a job that somebody waits for: asked for, and not wanted any more."""

from uuid import UUID

from flask import Blueprint, redirect, request
from flask.typing import ResponseReturnValue

from app_srvc import db
from app_srvc.accounts import access
from app_srvc.errors import Conflict, NotFound
from app_srvc.jobs import presenting
from app_srvc.jobs.repository.reading import Job
from app_srvc.mail.repository import wishes
from app_srvc.words import _

bp = Blueprint("wishes", __name__, url_prefix="/jobs")
bp.before_request(access.account_holders)


@bp.post("/<uuid:job_id>/mail")
def change(job_id: UUID) -> ResponseReturnValue:
    """Send a mail once the job has ended, or none."""
    job = presenting.find_visible(str(job_id))
    user = access.viewer().user
    if user is None or job.owner != user.owner:
        raise NotFound(_("There is no such job, or it is not yours."))
    with db.transaction() as conn:
        if "wanted" not in request.form:
            wishes.remove(conn, job.id)
        elif job.state.has_ended:
            raise Conflict(_("It has ended already."))
        else:
            wishes.add(conn, job.id, user.id)
    return redirect(presenting.page_of(job), 303)


def is_wanted(job: Job) -> bool | None:
    """Say whether whoever looks at a job wants a mail about it; None when they can get none."""
    user = access.viewer().user
    if user is None or job.owner != user.owner or job.state.has_ended:
        return None
    with db.transaction() as conn:
        return wishes.has(conn, job.id)
