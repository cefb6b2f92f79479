"""What goes out to the browser, and what comes in from it: nothing that could be misused."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

import redis
from flask import Response, json, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from markupsafe import escape

from app_srvc import numbers, words
from app_srvc.accounts import access
from app_srvc.errors import AppError, BadRequest, EngineDown
from app_srvc.web import answers, problems
from app_srvc.web.negotiation import wants_json
from app_srvc.words import _

log = logging.getLogger(__name__)

# As everywhere, but for attributes that say how something looks: its HTML is full of them. Its
# style sheets hold a few pictures themselves.
POLICY = (
    answers.SECURITY_HEADERS["Content-Security-Policy"].replace(
        "img-src 'self'", "img-src 'self' data:"
    )
    + "; style-src-attr 'unsafe-inline'"
)
# Its page puts all other answers in as HTML, this one as text.
SHOWN_AS_TEXT = "rqmonitor.worker_info_api"
NOT_ANSWERING = (redis.ConnectionError, redis.TimeoutError, EngineDown)
# What says which job, queue or worker is meant.
SUBJECTS = ("job_id", "queue_id", "worker_id", "queues[]", "jobstatus[]", "delete_all")


class RedisDown(AppError):
    """Redis does not answer."""

    status = 503
    title = _("Not available just now")
    says = _("The queue server does not answer. Please try again in a minute.")


@contextmanager
def answering() -> Iterator[None]:
    """Say so in a sentence when Redis does not answer.

    Raises:
        RedisDown: it does not.
    """
    try:
        yield
    except NOT_ANSWERING as error:
        raise RedisDown from error


def check_numbers() -> None:
    """Refuse numbers that are none, which the package would take for faults of its own.

    Raises:
        BadRequest: there are some.
    """
    needed = ("start", "length", "draw") if request.endpoint == "rqmonitor.list_jobs_api" else ()
    given = [request.values[name] for name in ("redis_instance_index",) if name in request.values]
    for value in [*(request.args.get(name, "") for name in needed), *given]:
        if numbers.read(value, most=10**9 - 1) is None:
            raise BadRequest


def finish(response: Response) -> Response:
    """Escape what the page puts in as HTML, keep our content policy, and note who did what."""
    if request.endpoint == "rqmonitor.static":
        # The next release has other files at the same addresses.
        response.headers["Cache-Control"] = "private, no-cache"
        return response
    if response.is_json and response.status_code < 400 and request.endpoint != SHOWN_AS_TEXT:
        response.set_data(json.dumps(escaped(response.get_json())))
    if request.endpoint == "rqmonitor.home":
        response.headers["Content-Security-Policy"] = POLICY
    if request.method == "POST":
        _note(response.status_code)
    return response


def escaped(value: Any) -> Any:
    """Return JSON in which every text is HTML that shows it."""
    if isinstance(value, str):
        return str(escape(value))
    if isinstance(value, list):
        return [escaped(item) for item in value]
    if isinstance(value, dict):
        return {name: escaped(item) for name, item in value.items()}
    return value


def show(error: Exception) -> ResponseReturnValue:
    """Say what went wrong as rqmonitor's page expects it: never what the server was doing."""
    known = _known(error) or problems.fault(error)
    if not wants_json():
        return problems.show(known)
    message = str(escape(words.tell(known.sentence)))
    return {"message": message, "traceback": ""}, known.status, dict(known.headers)


def _known(error: BaseException | None) -> AppError | None:
    """Return what a person should know of an error, or of what lies behind one of the package's."""
    if isinstance(error, AppError):
        return error
    if isinstance(error, NOT_ANSWERING):
        return RedisDown()
    if isinstance(error, CSRFError):
        return BadRequest(problems.TOO_OLD)
    if error is not None and getattr(error, "status_code", 500) == 400:
        return BadRequest()
    return _known(error.__context__) if error is not None else None


def _note(status: int) -> None:
    """Write into the log who has pressed which button."""
    who = access.viewer()
    login = who.user.login if who.user else "the holder of an operator's link"
    about = [quote(text[:100]) for name in SUBJECTS for text in request.form.getlist(name)[:50]]
    action = (request.endpoint or "").removeprefix("rqmonitor.").removesuffix("_api")
    log.info("%s asked for %s of %s: %d", login, action, ", ".join(about) or "all", status)
