"""The pages on which a transcript is corrected, and all that it has been."""

from difflib import SequenceMatcher
from uuid import UUID

from flask import Blueprint, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app_srvc import db
from app_srvc.accounts import access
from app_srvc.errors import InvalidForm
from app_srvc.jobs import presenting
from app_srvc.jobs.repository.reading import Job
from app_srvc.speech import durations, playing, showing
from app_srvc.speech.document import editing, forms
from app_srvc.speech.document.editing import Beside
from app_srvc.speech.document.repository import edits
from app_srvc.speech.document.repository.edits import Passage
from app_srvc.speech.markup import anchor
from app_srvc.web.negotiation import wants_json
from app_srvc.words import _, tell

bp = Blueprint("document", __name__, url_prefix="/stt")
bp.before_request(access.submitters)

CHANGES_AT_ONCE = 50


@bp.get("/<uuid:job_id>/passages/<int:position>")
def passage(job_id: UUID, position: int) -> ResponseReturnValue:
    """Show one passage, to be corrected."""
    job = presenting.find_visible(str(job_id))
    found = editing.find(job, position)
    if wants_json():
        return jsonify(_as_json(found.passage))
    return _passage_page(job, found, _form_of(found.passage))


@bp.post("/<uuid:job_id>/passages/<int:position>")
def correct(job_id: UUID, position: int) -> ResponseReturnValue:
    """Give a passage another text. Who comes too late is told, and keeps what they typed."""
    job = presenting.find_visible(str(job_id))
    form = forms.PassageForm(request.form)
    try:
        form.check()
        saved = editing.save(job, position, form.version.data or 0, form.text.data or "")
    except editing.Changed as error:
        return _changed(job, error, form)
    except InvalidForm:
        if wants_json():
            raise
        return _passage_page(job, editing.find(job, position), form), 422
    if wants_json():
        return jsonify(_as_json(saved))
    flash(_("Saved."))
    behind = editing.find(job, position).behind
    if "on" in request.form and behind is not None:
        return redirect(url_for(".passage", job_id=job.id, position=behind), 303)
    return redirect(_place(job, saved), 303)


@bp.post("/<uuid:job_id>/passages/<int:position>/versions/<int:version>")
def bring_back(job_id: UUID, position: int, version: int) -> ResponseReturnValue:
    """Let a passage say again what it once said; version 0 is what was heard."""
    job = presenting.find_visible(str(job_id))
    form = forms.PassageForm(request.form)
    form.check()
    saved = editing.bring_back(job, position, form.version.data or 0, version)
    if wants_json():
        return jsonify(_as_json(saved))
    flash(_("It says again what it said before."))
    return redirect(url_for(".history", job_id=job.id), 303)


@bp.get("/<uuid:job_id>/history")
def history(job_id: UUID) -> ResponseReturnValue:
    """Show who has corrected what, newest first."""
    job = presenting.find_visible(str(job_id))
    transcript, _segments = showing.find_transcript(job.id)
    before = request.args.get("before", type=int)
    with db.transaction() as conn:
        found = edits.history(conn, job.id, before, CHANGES_AT_ONCE + 1)
    changes = found[:CHANGES_AT_ONCE]
    if wants_json():
        return jsonify(changes=[_change_as_json(one) for one in changes])
    return render_template(
        "speech/document/history.html",
        job=job, transcript=transcript, changes=changes, is_first=before is None,
        older=changes[-1].id if len(found) > len(changes) else None,
        mine=access.viewer().owner, clock=durations.clock, difference=_difference, anchor=anchor,
    )  # fmt: skip


def _form_of(passage: Passage) -> forms.PassageForm:
    return forms.PassageForm(data={"text": passage.text, "version": passage.version})


def _passage_page(job: Job, found: Beside, form: forms.PassageForm, theirs: str = "") -> str:
    transcript, _segments = showing.find_transcript(job.id)
    return render_template(
        "speech/document/passage.html",
        job=job, transcript=transcript, found=found, form=form, theirs=theirs,
        clock=durations.clock, anchor=anchor, longest=editing.LONGEST_TEXT,
        is_playable=transcript.file_key is not None and transcript.container in playing.MIMETYPES,
    )  # fmt: skip


def _changed(job: Job, error: editing.Changed, form: forms.PassageForm) -> ResponseReturnValue:
    if wants_json():
        told = {"title": tell(error.title), "detail": tell(error.sentence), "status": error.status}
        return jsonify(told | _as_json(error.passage)), error.status
    form.version.raw_data = None
    form.version.data = error.passage.version
    found = editing.find(job, error.passage.position)
    page = _passage_page(job, found, form, error.passage.text or tell(_("(nothing)")))
    return page, error.status


def _place(job: Job, passage: Passage) -> str:
    """Return the address of a passage in the transcript; one that says nothing has none."""
    place = anchor(passage.words[0].start_ms) if passage.words else "text"
    return url_for("speech.show", job_id=job.id, _anchor=place)


def _as_json(passage: Passage) -> dict[str, object]:
    return {
        "position": passage.position,
        "version": passage.version,
        "text": passage.text,
        "start": passage.start_ms / 1000,
        "end": passage.end_ms / 1000,
    }


def _change_as_json(change: edits.Change) -> dict[str, object]:
    names = ("id", "position", "version", "before", "after")
    at = change.at.isoformat(timespec="milliseconds")
    return {name: getattr(change, name) for name in names} | {"at": at}


def _difference(before: str, after: str) -> list[tuple[str, str]]:
    """Return both texts as one: what was taken out is `del`, what came `ins`, the rest `same`."""
    old, new = before.split(), after.split()
    found = list[tuple[str, str]]()
    for kind, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            found.append(("same", " ".join(old[a:b])))
            continue
        found += [("del", " ".join(old[a:b]))] * (b > a) + [("ins", " ".join(new[c:d]))] * (d > c)
    return found
