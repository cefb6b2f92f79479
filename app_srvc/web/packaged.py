"""Front-end files of other people, as their packages brought them: no copy lies in this tree.

What is here is Bootstrap's Reboot (MIT): how elements look before static/style.css says more.
"""

import hashlib
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

from flask import Blueprint, Response, request, url_for
from flask.typing import ResponseReturnValue

from app_srvc.accounts import access
from app_srvc.errors import NotFound
from app_srvc.words import _

YEAR_SECONDS = 365 * 86400

# Nothing else of a package is served.
_FILES = {"reboot.css": ("bootstrap", "css", "bootstrap-reboot.min.css")}

bp = Blueprint("packaged", __name__, url_prefix="/packaged")
bp.before_request(access.probes)


@bp.get("/<name>")
def show(name: str) -> ResponseReturnValue:
    """Send a file, to be kept for a year where its address changes with it."""
    if name not in _FILES:
        raise NotFound(_("There is nothing at this address."))
    response = Response(_content(name), mimetype="text/css")
    response.set_etag(_digest(name))
    if "v" in request.args:
        response.headers["Cache-Control"] = f"public, max-age={YEAR_SECONDS}, immutable"
    else:
        response.headers["Cache-Control"] = "no-cache"
    return response.make_conditional(request)


def address(name: str) -> str:
    """Return the address of a file, which changes with its content."""
    return url_for("packaged.show", name=name, v=_digest(name))


@cache
def _content(name: str) -> bytes:
    # Where its source map would be, which nobody has, is of no use to anybody.
    return b"\n".join(
        line for line in _path(name).read_bytes().splitlines() if b"sourceMappingURL" not in line
    )


@cache
def _digest(name: str) -> str:
    return hashlib.sha256(_content(name)).hexdigest()[:12]


def _path(name: str) -> Traversable:
    package, folder, file = _FILES[name]
    return files(package) / folder / file
