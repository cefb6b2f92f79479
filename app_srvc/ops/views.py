"""The overview: whether all is well, and everything that says so."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app_srvc import queues
from app_srvc.accounts import access
from app_srvc.admission.telling import SPANS
from app_srvc.errors import InvalidForm
from app_srvc.ops import charts, forms, retrying, snapshot, verdict, wording
from app_srvc.ops.retrying import Retried
from app_srvc.processors import presenting
from app_srvc.queues import CALLS, Queue
from app_srvc.words import Sentence, _, join, ngettext

bp = Blueprint("ops", __name__, url_prefix="/ops")
bp.before_request(access.only_operators)


@bp.get("/")
def index() -> ResponseReturnValue:
    """Show everything at one glance."""
    seen = snapshot.take()
    return render_template(
        "ops/index.html",
        seen=seen,
        problems=verdict.problems(seen),
        charts=charts.of(seen.day, list(Queue)),
        picture=charts,
        label=queues.label,
        served=wording.served,
        jobs_url=verdict.jobs_url,
        state_of=presenting.state,
        span=wording.span,
        within=SPANS,
        size=wording.size,
        most_retried=retrying.MOST_RETRIED,
        calls=CALLS,
        all_calls=wording.served(CALLS)[0],
    )


@bp.post("/failures/retry")
def retry() -> ResponseReturnValue:
    """Let all failed jobs of one kind be tried again."""
    form = forms.KindForm(request.form)
    if not form.validate():
        raise InvalidForm(_("There are no such failures."), form.errors)
    retried = retrying.retry_alike(form.queue.data or "", form.kind.data or "")
    flash(_told(retried), "message" if retried.number else "error")
    return redirect(url_for(".index", _anchor="failures"), 303)


def _told(retried: Retried) -> Sentence:
    told = [
        ngettext("%(num)s job waits again.", "%(num)s jobs wait again.", retried.number)
        if retried.number
        else _("No job waits again.")
    ]
    if retried.refused:
        told.append(
            ngettext(
                "%(num)s could not, as its file is no longer kept or somebody was quicker.",
                "%(num)s could not, as their files are no longer kept or somebody was quicker.",
                retried.refused,
            )
        )
    if retried.has_more:
        told.append(_("There are more of this kind: press once more."))
    return join(*told)
