"""The pages of word counting: send texts, see how many words each has."""

from uuid import UUID

from flask import Blueprint, jsonify, render_template
from flask.typing import ResponseReturnValue

from app_srvc import admission, db
from app_srvc.accounts import access
from app_srvc.errors import NotFound
from app_srvc.jobs import outlook, presenting
from app_srvc.queues import Queue
from app_srvc.uploads import answering, receiving, taking
from app_srvc.web.negotiation import wants_json
from app_srvc.wordcount import forms, intake, repository
from app_srvc.words import ngettext

bp = Blueprint("wordcount", __name__, url_prefix="/wordcount")
bp.before_request(access.submitters)


@bp.get("/")
def index() -> ResponseReturnValue:
    """Show the form."""
    return render_template("wordcount/index.html", form=forms.UploadForm())


@bp.post("/")
@receiving.streamed
def upload() -> ResponseReturnValue:
    """Store texts, and queue a count for each."""
    admission.require_room(Queue.WORDCOUNT)
    result = intake.take_in(receiving.receive(taking.FIELD), access.viewer().owner)
    if wants_json():
        return jsonify(answering.as_json(result, "wordcount.show")), 202
    return answering.lead_on(result, ".show", _told)


@bp.get("/<uuid:job_id>")
def show(job_id: UUID) -> ResponseReturnValue:
    """Show how many words there are, or how far it is."""
    job = presenting.find_visible(str(job_id))
    with db.transaction() as conn:
        text = repository.find(conn, job.id)
    if text is None:
        raise NotFound
    if wants_json():
        return jsonify(job_id=job.id, state=job.state, words=text.words)
    return render_template("wordcount/show.html", job=job, outlook=outlook.of(job), text=text)


def _told(count: int) -> str:
    return ngettext("%(num)s text is being counted.", "%(num)s texts are being counted.", count)
