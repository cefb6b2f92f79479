"""Tell what became of the files of a submission: to a program, or on the next page."""

from collections.abc import Callable
from typing import Any

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue

from app_srvc.accounts import access
from app_srvc.uploads import names
from app_srvc.uploads.receiving import Submission
from app_srvc.uploads.taking import Intake
from app_srvc.words import ngettext, tell

# Sentences for the next page travel in a cookie, which holds 4 KB.
MOST_SENTENCES = 5


def mail_to(submission: Submission) -> str | None:
    """Return who has ticked that they want a mail once each file is done; None for nobody."""
    user = access.viewer().user
    return user.id if user is not None and "mail_me" in submission.fields else None


def lead_on(result: Intake, page: str, told: Callable[[int], str]) -> ResponseReturnValue:
    """Lead to the job, or to the list of all when there are several.

    `page` is the endpoint that shows what one makes; `told` says that so many are at work.
    """
    for refused in result.refused[:MOST_SENTENCES]:
        flash(refused._replace(name=names.cut(refused.name, 60)).sentence, "error")
    more = len(result.refused) - MOST_SENTENCES
    if more > 0:
        flash(
            ngettext("%(num)s more file was refused.", "%(num)s more files were refused.", more),
            "error",
        )
    if len(result.accepted) == 1:
        return redirect(url_for(page, job_id=result.accepted[0].job_id), 303)
    flash(told(len(result.accepted)))
    return redirect(url_for("jobs.index"), 303)


def as_json(result: Intake, page: str) -> dict[str, Any]:
    """Return what became of each file; `page` is the endpoint that shows what a job makes."""
    return {
        "jobs": [
            {
                "job_id": accepted.job_id,
                "file_id": accepted.file_id,
                "name": accepted.name,
                "status_url": url_for("jobs_api.show", job_id=accepted.job_id),
                "page_url": url_for(page, job_id=accepted.job_id),
            }
            for accepted in result.accepted
        ],
        "refused": [
            {"name": name, "status": error.status, "reason": tell(error.sentence)}
            for name, error in result.refused
        ],
    }
