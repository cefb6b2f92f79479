"""My transcripts: find words in all of them, take several along, bring a deleted one back."""

from flask import Response, jsonify, render_template, request, stream_with_context, url_for
from flask.typing import ResponseReturnValue

from app_srvc.accounts import access
from app_srvc.errors import InvalidForm
from app_srvc.jobs import registry, undoing
from app_srvc.jobs.forms import PAGE_SIZE, newest_query, query_behind
from app_srvc.speech import durations, languages, tasks
from app_srvc.speech.document import bundling, forms, listing, speaker_pages
from app_srvc.speech.document.listing import Listed
from app_srvc.speech.formats import FORMATS
from app_srvc.web import patience
from app_srvc.web.negotiation import wants_json
from app_srvc.words import _

bp = speaker_pages.bp

TRANSCRIPTION = registry.name_of(tasks.transcribe)


@bp.get("/transcripts")
def index() -> ResponseReturnValue:
    """List my transcripts, or those in which something is said."""
    return _list({})


@bp.post("/transcripts.zip")
def bundle() -> ResponseReturnValue:
    """Send several of my transcripts in one zip."""
    form = forms.BundleForm(request.form)
    try:
        kinds, job_ids = form.chosen()
    except InvalidForm as error:
        if wants_json():
            raise
        return _list(error.fields)
    owner = access.viewer().owner or ""
    entries = bundling.everything(owner) if form.all.data else bundling.chosen(owner, job_ids)
    body = patience.begun(bundling.zipped(entries, kinds), request.environ.get("gunicorn.socket"))
    headers = {"Content-Disposition": 'attachment; filename="transcripts.zip"'}
    return Response(stream_with_context(body), mimetype="application/zip", headers=headers)


def _list(wrong: dict[str, list[str]]) -> ResponseReturnValue:
    """Show the list, and what is wrong with what was chosen in it."""
    form = forms.TranscriptFilter(request.args)
    query = (form.q.data or "").strip()
    is_right = form.validate()
    listed = listing.mine(query, form.key(), PAGE_SIZE) if is_right else Listed([], None)
    status = 422 if form.errors or wrong else 200
    if wants_json():
        if form.errors:
            raise InvalidForm(_("The list cannot be narrowed like that."), form.errors)
        rows = [listing.as_json(row) for row in listed.rows]
        older = query_behind(listed.next_key) if listed.next_key else None
        return jsonify(transcripts=rows, older=older and url_for(".index") + older)
    page = render_template(
        "speech/document/index.html",
        form=form, query=query, rows=listed.rows, wrong=wrong, formats=FORMATS,
        ticked=set(request.form.getlist("job")),
        kinds=set(request.form.getlist("kind") or ["txt"]),
        deleted=undoing.mine(TRANSCRIPTION), newest_address=newest_query(),
        older_address=listed.next_key and query_behind(listed.next_key),
        clock=durations.clock, language_name=languages.name,
    )  # fmt: skip
    return page, status
