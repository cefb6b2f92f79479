"""How errors look: a page for people, problem+json (RFC 9457) for programs."""

from flask import Response, json, render_template
from flask.typing import ResponseReturnValue

from app_srvc import logs
from app_srvc.errors import AppError
from app_srvc.negotiation import wants_json


def show(error: AppError) -> ResponseReturnValue:
    """Answer a request that failed for a reason that its sender should know."""
    headers = dict(error.headers)
    if wants_json():
        body = {
            "type": "about:blank",
            "title": error.title,
            "status": error.status,
            "detail": error.sentence,
            "request_id": logs.subject(),
        }
        fields = getattr(error, "fields", None)
        if fields:
            body["errors"] = fields
        return Response(
            json.dumps(body), error.status, headers, content_type="application/problem+json"
        )
    page = render_template("error.html", error=error, request_id=logs.subject())
    return Response(page, error.status, headers)
