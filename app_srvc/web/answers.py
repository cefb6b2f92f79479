"""What every answer carries, and the line that the log has of it."""

import logging
import re
import secrets
import time
from urllib.parse import quote

from flask import Response, g, request

from app_srvc import logs

log = logging.getLogger(__name__)

# By machines, which nobody wants to read about.
_ASKED_OFTEN = {"health", "metrics"}
REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")

SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self';"
        " media-src 'self' blob:; connect-src 'self'; font-src 'self'; manifest-src 'self';"
        " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(self)",
}


def begin() -> None:
    """Give the request an id, its sender's if it is one, for log lines and error pages."""
    g.began = time.monotonic()
    given = request.headers.get("X-Request-ID", "")
    g.request_id = given if REQUEST_ID.fullmatch(given) else secrets.token_hex(8)
    logs.set_subject(g.request_id)


def finish(response: Response) -> Response:
    """Add what every answer carries, and log it: its path only, a query may hold a secret."""
    seconds = time.monotonic() - g.began
    response.headers["X-Request-ID"] = g.request_id
    response.headers["X-Process-Time"] = f"{seconds:.4f}"
    if response.location and response.location.startswith(request.host_url):
        # The framework would send people to whatever host the request named.
        response.location = "/" + response.location.removeprefix(request.host_url).lstrip("/")
    present = {name.lower() for name, _value in response.headers}
    for name, value in SECURITY_HEADERS.items():
        if name.lower() not in present:
            response.headers.add(name, value)
    if request.is_secure:
        response.headers["Strict-Transport-Security"] = "max-age=31536000"
    if request.endpoint != "static":
        response.headers.setdefault("Cache-Control", "no-store")
    elif "v" not in request.args:
        # A script that another one imports has the same address in the next release.
        response.headers["Cache-Control"] = "no-cache"
    level = logging.DEBUG if request.blueprint in _ASKED_OFTEN else logging.INFO
    if log.isEnabledFor(level):
        path = quote(request.path)  # As it came: an address may hold line breaks once decoded.
        log.log(level, "%s %s %d %.4fs", request.method, path, response.status_code, seconds)
    return response
