"""The description of the API: as OpenAPI, as a page to read, and as one to try it on."""

from pathlib import Path
from typing import Any

import flask_swagger_ui
from flask import (
    Blueprint,
    current_app,
    jsonify,
    make_response,
    render_template,
    send_from_directory,
)
from flask.typing import ResponseReturnValue

from app_srvc.accounts import access
from app_srvc.api_docs import document as making
from app_srvc.api_docs import gathering, reading
from app_srvc.errors import NotFound
from app_srvc.web.answers import SECURITY_HEADERS

ASSETS = Path(flask_swagger_ui.__file__).parent / "dist"
SERVED = ("swagger-ui-bundle.js", "swagger-ui.css")
POLICY = "Content-Security-Policy"

bp = Blueprint("api_docs", __name__, url_prefix="/api")
bp.before_request(access.everybody)


@bp.get("/openapi.json")
def document() -> ResponseReturnValue:
    """Describe everything that programs can ask, as OpenAPI 3.1."""
    return jsonify(_document())


@bp.get("/docs/")
def index() -> ResponseReturnValue:
    """List all operations."""
    return render_template("api_docs/index.html", groups=reading.groups(_document()))


@bp.get("/docs/try")
def attempt() -> ResponseReturnValue:
    """Show a page on which each operation can be tried."""
    response = make_response(render_template("api_docs/try.html"))
    # Swagger UI's own style sheet has its signs in it.
    policy = SECURITY_HEADERS[POLICY].replace("img-src 'self'", "img-src 'self' data:")
    response.headers[POLICY] = policy
    return response


@bp.get("/docs/<filename>")
def asset(filename: str) -> ResponseReturnValue:
    """Send a file of Swagger UI."""
    if filename not in SERVED:
        raise NotFound
    return send_from_directory(ASSETS, filename)


def _document() -> dict[str, Any]:
    """Make it once: what it is made of does not change while the process runs."""
    made: dict[str, Any] | None = current_app.extensions.get("api_docs")
    if made is None:
        made = making.build(current_app._get_current_object(), gathering.described())  # type: ignore[attr-defined]
        current_app.extensions["api_docs"] = made
    return made
