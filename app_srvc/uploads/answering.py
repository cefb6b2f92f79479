"""Tell what became of the files of a submission: to a program, on the next page, or in the form."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from flask import flash, jsonify, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm

from app_srvc.accounts import access
from app_srvc.errors import AppError
from app_srvc.uploads import names, receiving
from app_srvc.uploads.receiving import Submission
from app_srvc.uploads.taking import FIELD, Accepted, Intake
from app_srvc.web import problems
from app_srvc.web.negotiation import wants_json
from app_srvc.words import ngettext, tell

Form = TypeVar("Form", bound=FlaskForm)

# What is wrong, by the name of the field.
Complaints = Mapping[str, Sequence[str]]

# Sentences for the next page travel in a cookie, which holds 4 KB.
MOST_SENTENCES = 5


def answer(result: Intake, page: str, told: Callable[[int], str]) -> ResponseReturnValue:
    """Answer who sent a form: a program with JSON, and a person with the page that is next.

    `page` is the endpoint that shows what one makes; `told` says that so many are at work.
    """
    if wants_json():
        return jsonify(as_json(result, page)), 202
    return lead_on(result, page, told)


def refuse(error: AppError, show_form: Callable[[Complaints], str]) -> ResponseReturnValue:
    """Say in the form, beside the field, why `upload` of this blueprint was refused.

    What goes wrong elsewhere, or is for a program, is said as everywhere.
    """
    if request.endpoint != f"{request.blueprint}.upload" or wants_json():
        return problems.show(error)
    told = getattr(error, "fields", {}) or {FIELD: [error.sentence]}
    return show_form(told), error.status, dict(error.headers)


def filled_again(kind: type[Form], told: Complaints, *chosen: str) -> Form:
    """Return a form with what is wrong in it, and with what was chosen in some of its fields."""
    # Without the request's data: its body may be what was refused.
    form: Form = kind(formdata=None, data={name: receiving.fields().get(name) for name in chosen})
    for name, sentences in told.items():
        form[name].errors = sentences
    return form


def one_as_json(accepted: Accepted, status: str) -> dict[str, str]:
    """Return what a file has become; `status` is the endpoint that says how far that is."""
    return {
        "job_id": accepted.job_id,
        "file_id": accepted.file_id,
        "status_url": url_for(status, job_id=accepted.job_id),
    }


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
