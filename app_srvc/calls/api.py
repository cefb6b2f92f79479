"""Quick calls for programs: `/call/<name>` with parameters in the address, a form or JSON."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, jsonify, request, url_for
from flask.typing import ResponseReturnValue

from app_srvc.accounts import access
from app_srvc.admission import rates
from app_srvc.calls import answering, forms, known, ordering
from app_srvc.calls.ending import End
from app_srvc.calls.known import Call
from app_srvc.errors import WrongMediaType
from app_srvc.settings.limits import Rate
from app_srvc.web.negotiation import for_programs
from app_srvc.words import tell

_FORMS = {"application/x-www-form-urlencoded", "multipart/form-data"}

bp = for_programs(Blueprint("calls_api", __name__))
bp.before_request(access.submitters)


@bp.get("/api/calls")
def index() -> ResponseReturnValue:
    """List the calls, and what each takes."""
    return jsonify(calls=[_as_json(call) for call in known.every()])


@bp.get("/call/<name>")
@rates.limited(Rate.CALLS, "GET")
def ask(name: str) -> ResponseReturnValue:
    """Call a function with what stands in the address."""
    call = answering.find(name)
    return _call(call, lambda: forms.from_texts(call, request.args))


@bp.post("/call/<name>")
@rates.limited(Rate.CALLS)
def send(name: str) -> ResponseReturnValue:
    """Call a function with what the body holds."""
    call = answering.find(name)
    return _call(call, lambda: _read_body(call))


@bp.get("/call/results/<job_id>")
def result(job_id: str) -> ResponseReturnValue:
    """Return the answer of a call that took longer than its client was let wait."""
    return _answer(answering.come_back(job_id))


def _call(call: Call, parameters: Callable[[], dict[str, Any]]) -> ResponseReturnValue:
    header = request.headers.get(forms.LEVEL_HEADER)
    return _answer(answering.answer(call, *forms.with_level(parameters, request.args, header)))


def _read_body(call: Call) -> dict[str, Any]:
    if request.is_json:
        return forms.from_json(call, request.get_json(silent=True))
    if request.mimetype in _FORMS or not request.content_length:
        return forms.from_texts(call, request.form)
    raise WrongMediaType


def _answer(end: End) -> ResponseReturnValue:
    if end.body is not None:
        # Spliced: its numbers are sent as they were written.
        return Response(f'{{"status":200,"data":{end.body}}}', content_type="application/json")
    address = url_for(".result", job_id=end.id)
    told: dict[str, Any] = {"status": 202, "job_id": end.id, "result_url": address}
    if not end.id.startswith(ordering.PREFIX):
        told["status_url"] = url_for("jobs_api.show", job_id=end.id)
    return jsonify(told), 202, {"Location": address, "Retry-After": "1"}


def _as_json(call: Call) -> dict[str, Any]:
    return {
        "name": call.name,
        "about": tell(call.about),
        "url": url_for(".ask", name=call.name),
        "volatile": call.is_volatile,
        "timeout_seconds": call.timeout_seconds,
        "parameters": [
            {"name": it.name, "type": it.kind, "required": it.is_required, "default": it.default}
            for it in call.parameters
        ],
    }
