"""Speech to text for programs that speak OpenAI's API: only their base URL has to change."""

from collections.abc import Iterator
from contextlib import suppress
from json import dumps
from typing import Any

from flask import Blueprint, Response, jsonify, stream_with_context
from flask.typing import ResponseReturnValue

from app_srvc import admission, db
from app_srvc.accounts import access
from app_srvc.admission import rates
from app_srvc.errors import AppError, Conflict, DatabaseDown, InvalidForm, NotFound, TooBusy
from app_srvc.jobs import events, streaming, submission
from app_srvc.jobs.repository import reading
from app_srvc.jobs.states import State
from app_srvc.queues import Queue
from app_srvc.settings.limits import Rate
from app_srvc.speech import forms, intake, recognisers, showing
from app_srvc.speech.formats import FORMATS, texts, verbose
from app_srvc.speech.repository import segments
from app_srvc.speech.sound import Segment
from app_srvc.uploads import receiving, taking
from app_srvc.web import patience
from app_srvc.web.negotiation import for_programs

# Clients set their own limit, and mostly far below this.
LONGEST_WAIT_SECONDS = 24 * 3600.0
LOOK_SECONDS = 5.0

bp = for_programs(Blueprint("speech_openai", __name__, url_prefix="/v1"))
access.take_foreign_keys(bp)
bp.before_request(access.submitters)


@bp.errorhandler(AppError)
def refuse(error: AppError) -> ResponseReturnValue:
    """Tell what is wrong in the shape that OpenAI's clients read."""
    kind = "invalid_request_error" if error.status < 500 else "server_error"
    code = None
    if error.status == 429:
        kind, code = "requests", "rate_limit_exceeded"
    fields = getattr(error, "fields", {})
    problem = {"message": error.sentence, "type": kind, "param": next(iter(fields), None)}
    return jsonify(error=problem | {"code": code}), error.status, dict(error.headers)


@bp.get("/models")
def models() -> ResponseReturnValue:
    """List the recognisers."""
    return jsonify(object="list", data=[_model(name) for name in recognisers.offered()])


@bp.get("/models/<name>")
def show_model(name: str) -> ResponseReturnValue:
    """Describe one recogniser."""
    if name not in recognisers.offered():
        raise NotFound(f"There is no model called {name}.")
    return jsonify(_model(name))


@bp.post("/audio/transcriptions")
@rates.limited(Rate.TRANSCRIPTIONS)
@receiving.streamed
def transcribe() -> ResponseReturnValue:
    """Transcribe a file through the queue, and answer for as long as the client waits.

    Nobody could ask for the result later, so what is not waited for is not worked on.
    """
    admission.require_room(Queue.STT)
    sent = receiving.receive(taking.FIELD, at_most=1)
    form = forms.TranscriptionForm(sent.fields)
    try:
        form.check()
    except InvalidForm:
        receiving.drop(sent.uploads)
        raise
    model, language = form.model.data or "", form.language.data or ""
    taken = intake.take_in(sent.uploads, access.viewer().owner, model, language)
    job_id = taken.accepted[0].job_id
    if form.stream.data:
        return Response(stream_with_context(_follow(job_id)), mimetype="text/event-stream")
    job = streaming.wait_for_end(job_id, LONGEST_WAIT_SECONDS)
    if not job.state.has_ended:
        _give_up(job_id)
        raise TooBusy
    if job.state != State.FINISHED:
        raise InvalidForm(job.reason or "The job was cancelled.")
    return _answer(job_id, form)


def _answer(job_id: str, form: forms.TranscriptionForm) -> ResponseReturnValue:
    wanted = form.response_format.data
    recognised = showing.recognised(job_id)
    if wanted == "json":
        return jsonify(text=texts.line(recognised.segments))
    if wanted == "verbose_json":
        answer = verbose.as_dict(recognised)
        asked_for = form.timestamp_granularities.data or ["segment"]
        for part in ("word", "segment"):
            if part not in asked_for:
                del answer[f"{part}s"]
        return jsonify(answer)
    file = FORMATS["txt" if wanted == "text" else wanted]
    return Response(file.write(recognised), mimetype=file.mimetype)


def _follow(job_id: str) -> Iterator[str]:
    """Yield each segment's text as it is recognised, and all of it at the end."""
    told: list[str] = []
    try:
        for segment in _segments(job_id):
            if segment is None:
                yield ": still here\n\n"
                continue
            delta = f" {segment.text}" if told else segment.text
            told.append(segment.text)
            yield _event(type="transcript.text.delta", delta=delta)
        with db.transaction() as conn:
            job = reading.find(conn, job_id)
        if job is not None and job.state == State.FINISHED:
            yield _event(type="transcript.text.done", text=" ".join(told))
        elif job is not None and job.state.has_ended:
            yield _event(type="error", error={"message": job.reason or "It was cancelled."})
    except DatabaseDown as error:
        yield _event(type="error", error={"message": error.sentence})
    finally:
        _give_up(job_id)


def _segments(job_id: str) -> Iterator[Segment | None]:
    """Yield what is recognised until the job has ended; None now and then, while nothing is."""
    last = -1
    with patience.staying(), events.hub.listen(job_id) as ear:
        while not events.hub.is_closing:
            with db.transaction() as conn:
                # The job first: once it has ended, all of its segments are there.
                job = reading.find(conn, job_id)
                done = segments.done(conn, job_id, last)
            yield from (segment for segment in done if segment.words)
            if job is None or job.state.has_ended:
                return
            last = done[-1].position if done else last
            if not ear.wait(LOOK_SECONDS):
                yield None


def _give_up(job_id: str) -> None:
    """Cancel a job for which nobody waits any more; one that has ended stays as it is."""
    with suppress(Conflict, DatabaseDown):
        submission.cancel(job_id)


def _event(**data: Any) -> str:
    return f"data: {dumps(data)}\n\n"


def _model(name: str) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": 0, "owned_by": "cherha"}
