"""How errors look: a page for people, problem+json (RFC 9457) for programs."""

import logging
from urllib.parse import quote

from flask import Flask, Response, json, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from app_srvc import logs, words
from app_srvc.errors import AppError, BadRequest, LogInFirst, NotFound, TooLarge
from app_srvc.web.negotiation import is_browser, wants_json
from app_srvc.words import _

log = logging.getLogger(__name__)

# What the framework itself refuses; whatever else that is could not be understood.
REFUSALS = {
    404: (NotFound.title, _("There is nothing at this address.")),
    405: (
        _("That cannot be done here"),
        _("This address does not take that kind of request."),
    ),
    413: (TooLarge.title, _("That is more than this address takes.")),
}
TOO_OLD = _("This form is too old, or did not come from this site. Reload the page.")


def init(app: Flask) -> None:
    """Let the application show whatever goes wrong."""
    app.register_error_handler(AppError, show)
    app.register_error_handler(CSRFError, _show_csrf_error)
    app.register_error_handler(HTTPException, _show_http_error)
    app.register_error_handler(Exception, _show_fault)


def show(error: AppError) -> ResponseReturnValue:
    """Answer a request that failed for a reason that its sender should know."""
    headers = dict(error.headers)
    # Who sends JSON reads JSON, whatever else they take.
    if wants_json() or request.is_json:
        body = {
            "type": "about:blank",
            "title": words.tell(error.title),
            "status": error.status,
            "detail": words.tell(error.sentence),
            "request_id": logs.subject(),
        }
        fields = getattr(error, "fields", None)
        if fields:
            body["errors"] = {
                name: [words.tell(sentence) for sentence in sentences]
                for name, sentences in fields.items()
            }
        return Response(
            json.dumps(body), error.status, headers, content_type="application/problem+json"
        )
    if type(error) is LogInFirst and request.method == "GET" and is_browser():
        return redirect(url_for("accounts.log_in", next=request.full_path.rstrip("?")))
    page = render_template("error.html", error=error, request_id=logs.subject())
    return Response(page, error.status, headers)


def _show_csrf_error(error: CSRFError) -> ResponseReturnValue:
    log.info("refused: %s", error.description)
    return show(BadRequest(TOO_OLD))


def _show_http_error(error: HTTPException) -> ResponseReturnValue:
    """Show what the framework itself refuses, such as an unknown address."""
    if error.code is None or error.code < 400:
        return error
    title, sentence = REFUSALS.get(error.code, (BadRequest.title, BadRequest.says))
    shown = AppError(sentence)
    shown.status, shown.title = error.code, title
    shown.headers = {k: v for k, v in error.get_headers() if k in {"Allow", "Retry-After"}}
    return show(shown)


def _show_fault(error: Exception) -> ResponseReturnValue:
    return show(fault(error))


def fault(error: Exception) -> AppError:
    """Log a fault of ours with its traceback; the person gets its number."""
    log.error("%s %s failed", request.method, quote(request.path), exc_info=error)
    return AppError(_("That is our fault. It is in the log under the number below."))
