"""The web application: `gunicorn "app_srvc.webapp:create_app()"`."""

import hashlib
import logging
import re
import secrets
import time
from datetime import timedelta
from functools import cache
from pathlib import Path
from urllib.parse import quote

from flask import Flask, Response, current_app, g, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError, generate_csrf
from werkzeug.exceptions import HTTPException
from werkzeug.middleware.proxy_fix import ProxyFix

from app_srvc import hosts, logs, problems, settings
from app_srvc.accounts import access
from app_srvc.accounts import views as accounts
from app_srvc.errors import AppError, BadRequest
from app_srvc.health import views as health
from app_srvc.home import views as home
from app_srvc.jobs import api as jobs_api
from app_srvc.jobs import registry
from app_srvc.jobs import views as jobs
from app_srvc.speech import api as speech_api
from app_srvc.speech import openai_api
from app_srvc.speech import views as speech
from app_srvc.uploads import receiving
from app_srvc.uploads import views as uploads

log = logging.getLogger(__name__)

ROOT = Path(__file__).parent.parent
BLUEPRINTS = (
    home.bp,
    speech.bp,
    speech_api.bp,
    openai_api.bp,
    uploads.bp,
    jobs.bp,
    jobs_api.bp,
    accounts.bp,
    health.bp,
)
REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
# Bodies of forms without files.
SMALL_BODY_BYTES = 1_000_000

SENTENCES = {
    404: "There is nothing at this address.",
    405: "This address does not take that kind of request.",
    413: "That is more than this address takes.",
}

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


def create_app() -> Flask:
    """Make the application from this process's settings."""
    logs.configure()
    registry.load()
    wanted = settings.load()
    app = Flask("cherha", root_path=str(ROOT))
    app.config.update(
        SECRET_KEY=wanted.secret_key.get_secret_value(),
        MAX_CONTENT_LENGTH=SMALL_BODY_BYTES,
        PERMANENT_SESSION_LIFETIME=timedelta(days=365),
        SEND_FILE_MAX_AGE_DEFAULT=timedelta(days=365),
        SESSION_COOKIE_NAME="cherha",
        # Only when it has changed: an answer that a proxy may keep must not carry it.
        SESSION_REFRESH_EACH_REQUEST=False,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=wanted.cookies_secure,
        # A form may stay open for as long as the session lasts.
        WTF_CSRF_TIME_LIMIT=None,
    )
    app.wsgi_app = hosts.Checked(app.wsgi_app)  # type: ignore[method-assign]
    if wanted.trusted_proxies:
        hops = wanted.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    for bp in BLUEPRINTS:
        app.register_blueprint(bp)
    app.before_request(_begin)
    app.before_request(_check_csrf)
    app.after_request(_end)
    app.register_error_handler(AppError, problems.show)
    app.register_error_handler(CSRFError, _show_csrf_error)
    app.register_error_handler(HTTPException, _show_http_error)
    app.register_error_handler(Exception, _show_fault)
    app.jinja_env.globals.update(asset=_asset, csrf_token=generate_csrf, viewer=access.viewer)
    return app


def _begin() -> None:
    """Give the request an id, its sender's if it is one, for log lines and error pages."""
    g.began = time.monotonic()
    given = request.headers.get("X-Request-ID", "")
    g.request_id = given if REQUEST_ID.fullmatch(given) else secrets.token_hex(8)
    logs.set_subject(g.request_id)


def _check_csrf() -> None:
    """Check what is sent with a cookie; views that read their body themselves check it there."""
    if request.endpoint and not receiving.is_streamed(_view()):
        access.check_csrf(None if request.is_json else request.form.get("csrf_token"))


def _view() -> object:
    return current_app.view_functions.get(request.endpoint or "")


def _end(response: Response) -> Response:
    """Add what every answer carries, and log it: its path only, a query may hold a secret."""
    seconds = time.monotonic() - g.began
    response.headers["X-Request-ID"] = g.request_id
    response.headers["X-Process-Time"] = f"{seconds:.4f}"
    if response.location and response.location.startswith(request.host_url):
        # The framework would send people to whatever host the request named.
        response.location = "/" + response.location.removeprefix(request.host_url).lstrip("/")
    for name, value in SECURITY_HEADERS.items():
        response.headers.setdefault(name, value)
    if request.is_secure:
        response.headers["Strict-Transport-Security"] = "max-age=31536000"
    if request.endpoint != "static":
        response.headers.setdefault("Cache-Control", "no-store")
    elif "v" not in request.args:
        # A script that another one imports has the same address in the next release.
        response.headers["Cache-Control"] = "no-cache"
    level = logging.DEBUG if request.blueprint == "health" else logging.INFO
    path = quote(request.path)  # As it came: an address may hold line breaks once decoded.
    log.log(level, "%s %s %d %.4fs", request.method, path, response.status_code, seconds)
    return response


def _show_csrf_error(error: CSRFError) -> ResponseReturnValue:
    log.info("refused: %s", error.description)
    return problems.show(
        BadRequest("This form is too old, or did not come from this site. Reload the page.")
    )


def _show_http_error(error: HTTPException) -> ResponseReturnValue:
    """Show what the framework itself refuses, such as an unknown address."""
    if error.code is None or error.code < 400:
        return error
    shown = AppError(SENTENCES.get(error.code, error.description or ""))
    shown.status, shown.title = error.code, error.name
    shown.headers = {k: v for k, v in error.get_headers() if k in {"Allow", "Retry-After"}}
    return problems.show(shown)


def _show_fault(error: Exception) -> ResponseReturnValue:
    """Log a fault of ours with its traceback; the person gets its number."""
    log.error("%s %s failed", request.method, quote(request.path), exc_info=error)
    return problems.show(AppError("That is our fault. It is in the log under the number below."))


def _asset(name: str) -> str:
    """Return the address of a static file, which changes with its content."""
    return url_for("static", filename=name, v=_digest(name))


@cache
def _digest(name: str) -> str:
    return hashlib.sha256((ROOT / "static" / name).read_bytes()).hexdigest()[:12]
