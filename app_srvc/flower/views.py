"""Flower's pages, passed on to operators. Whatever is asked for, it is asked for what it shows."""

import base64
import hashlib
import re
from urllib.parse import quote

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue

from app_srvc.accounts import access
from app_srvc.flower import door
from app_srvc.uploads import receiving
from app_srvc.web import answers

bp = Blueprint("flower", __name__, url_prefix=door.PREFIX)
bp.before_request(access.only_operators)

# The only script within its pages.
_ITS_SCRIPT = re.compile(rb'<script type="text/javascript">(\s*var autorefresh = \w+;\s*)</script>')


@bp.get("/")
@bp.get("/<path:path>")
def show(path: str = "") -> ResponseReturnValue:  # noqa: ARG001  # It is taken as it came.
    """Pass a page on."""
    return _pass_on(request.query_string.decode("latin-1"))


@bp.post("/tasks/datatable")
@receiving.streamed
def list_tasks() -> ResponseReturnValue:
    """Pass on the table of tasks. Its page sends a form of what to show; nothing is changed."""
    return _pass_on(request.get_data(as_text=True))


def _pass_on(query: str) -> Response:
    got = door.get(quote(request.path), query, request.headers.get("If-None-Match"))
    response = Response(got.body, got.status, got.headers)
    response.headers["Content-Security-Policy"] = _policy(got.body)
    return response


def _policy(page: bytes) -> str:
    """Return our policy, but for its own script, and for how its tables look."""
    found = _ITS_SCRIPT.search(page)
    digest = base64.b64encode(hashlib.sha256(found[1]).digest()).decode() if found else None
    return (
        answers.SECURITY_HEADERS["Content-Security-Policy"]
        .replace("script-src 'self'", f"script-src 'self' 'sha256-{digest}'")
        .replace("style-src 'self'", "style-src 'self' 'unsafe-inline'")
        .replace("img-src 'self'", "img-src 'self' data:")
    )
