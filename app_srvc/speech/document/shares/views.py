"""Links to a transcript: made and revoked by whose it is, and followed by whoever holds one."""

from datetime import UTC, datetime
from uuid import UUID

from flask import (
    Blueprint,
    Response,
    flash,
    jsonify,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue

from app_srvc.accounts import access
from app_srvc.admission import rates
from app_srvc.errors import InvalidForm
from app_srvc.jobs import presenting
from app_srvc.jobs.repository.reading import Job
from app_srvc.settings.limits import Rate
from app_srvc.speech import durations, languages, playing, reading, recognisers, sending, showing
from app_srvc.speech.document import forms, pages
from app_srvc.speech.document.shares import sharing
from app_srvc.speech.document.shares.sharing import Shown
from app_srvc.speech.formats import FORMATS
from app_srvc.web.negotiation import wants_json
from app_srvc.words import _

# Who follows a link is no guest of ours, and gets no cookie.
bp = Blueprint("shared", __name__, url_prefix="/shared")
bp.before_request(access.link_holders)

# Nothing that a link opens is to be found by its words, and no other site is to hear of the link.
UNSEEN = {"X-Robots-Tag": "noindex, nofollow, noarchive", "Referrer-Policy": "no-referrer"}


@pages.bp.get("/<uuid:job_id>/shares")
def links(job_id: UUID) -> ResponseReturnValue:
    """List the links to a transcript."""
    job = presenting.find_visible(str(job_id))
    if wants_json():
        return jsonify(shares=[_as_json(one) for one in sharing.list_of(job)])
    return _page(job, forms.ShareForm())


@pages.bp.post("/<uuid:job_id>/shares")
def share(job_id: UUID) -> ResponseReturnValue:
    """Make a link."""
    job = presenting.find_visible(str(job_id))
    form = forms.ShareForm(request.form)
    try:
        form.check()
        made = sharing.share(job, form.last_day.data, datetime.now(UTC).date())
    except InvalidForm as error:
        if wants_json():
            raise
        form.last_day.errors = error.fields.get("last_day", [])
        return _page(job, form), 422
    if wants_json():
        return jsonify(_as_json(made)), 201
    flash(_("The link is made. Whoever has it can read the transcript."))
    return redirect(url_for(".links", job_id=job.id), 303)


@pages.bp.post("/<uuid:job_id>/shares/<uuid:share_id>/revoke")
def revoke(job_id: UUID, share_id: UUID) -> ResponseReturnValue:
    """Let a link open nothing any more."""
    job = presenting.find_visible(str(job_id))
    sharing.revoke(job, share_id)
    if wants_json():
        return "", 204
    flash(_("The link opens nothing any more."))
    return redirect(url_for(".links", job_id=job.id), 303)


@bp.after_request
def keep_unseen(response: Response) -> Response:
    """Say to search engines and to other sites that there is nothing here."""
    response.headers.update(UNSEEN)
    return response


@bp.get("/")
@rates.limited(Rate.SHARED, "GET")
def show() -> ResponseReturnValue:
    """Show the transcript that a link opens."""
    job = _job()
    return render_template(
        "speech/document/shared.html",
        job=job, reading=reading.read(job.id, ""), token=_token(), formats=FORMATS,
        clock=durations.clock, language_name=languages.name, label_of=recognisers.label_of,
    )  # fmt: skip


@bp.get("/recording")
@rates.limited(Rate.SHARED, "GET")
def recording() -> ResponseReturnValue:
    """Send the recording to the player of that page."""
    return playing.send(playing.find_kept(_job().id))


@bp.get("/transcript.<kind>")
@rates.limited(Rate.SHARED, "GET")
def download(kind: str) -> ResponseReturnValue:
    """Download the transcript that a link opens."""
    return sending.as_file(_job().id, kind)


def _token() -> str:
    return request.args.get("token", "")


def _job() -> Job:
    return sharing.open_with(_token())


def _page(job: Job, form: forms.ShareForm) -> str:
    transcript, _segments = showing.find_transcript(job.id)
    return render_template(
        "speech/document/shares.html",
        job=job, transcript=transcript, links=sharing.list_of(job), form=form, address=_address,
        today=datetime.now(UTC).date(),
    )  # fmt: skip


def _address(one: Shown) -> str | None:
    """Return the whole address, as it is to be sent to somebody."""
    return url_for("shared.show", token=one.token, _external=True) if one.token else None


def _as_json(one: Shown) -> dict[str, object]:
    return {
        "id": one.id,
        "url": _address(one),
        "created_at": one.created_at.isoformat(timespec="milliseconds"),
        "last_day": one.last_day and one.last_day.isoformat(),
        "has_expired": one.has_expired,
    }
