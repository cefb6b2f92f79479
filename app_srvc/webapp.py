"""The web application: `gunicorn "app_srvc.webapp:create_app()"`."""

import hashlib
import logging
from collections.abc import Iterator
from datetime import timedelta
from functools import cache
from pathlib import Path

from flask import Blueprint, Flask, current_app, request, url_for
from flask_wtf.csrf import generate_csrf
from werkzeug.middleware.proxy_fix import ProxyFix

from app_srvc import logs, services, settings
from app_srvc.accounts import access, sessions
from app_srvc.admission import rates
from app_srvc.calls import known as known_calls
from app_srvc.health import requests as counting
from app_srvc.home.services import SERVICES
from app_srvc.jobs import registry, undoing
from app_srvc.mail.wishes.views import is_wanted as mail_wanted
from app_srvc.monitor import views as monitor
from app_srvc.uploads import receiving
from app_srvc.web import answers, hosts, locales, packaged, problems

log = logging.getLogger(__name__)

ROOT = Path(__file__).parent.parent


def _of(service: str) -> Iterator[Blueprint]:
    """Return the blueprints of a service: its pages, and what programs ask of it, if anything."""
    return (module.bp for module in services.modules_of(f"app_srvc.{service}", "views", "api"))


BLUEPRINTS = (
    *_of("home"),
    *_of("speech"),
    *_of("speech.openai"),
    *_of("speech.document"),
    *_of("speech.document.shares"),
    *_of("detection"),
    *_of("uploads"),
    *_of("jobs"),
    *_of("calls"),
    *_of("usrreg"),
    *_of("processors"),
    *_of("processors.records"),
    *_of("processors.importing"),
    *_of("accounts"),
    *_of("accounts.account"),
    *_of("accounts.userlist"),
    *_of("mail"),
    *_of("mail.wishes"),
    *_of("webhooks"),
    *_of("retention"),
    *_of("ops"),
    *_of("health"),
    *_of("flower"),
    *_of("api_docs"),
    packaged.bp,
)
# Bodies of forms without files.
SMALL_BODY_BYTES = 1_000_000


def create_app() -> Flask:
    """Make the application from this process's settings."""
    logs.configure()
    registry.load()
    known_calls.check_settings()
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
    sessions.set_up(app)
    locales.init(app)
    for bp in BLUEPRINTS:
        app.register_blueprint(bp)
    has_rqmonitor = monitor.mount(app)
    app.before_request(answers.begin)
    app.before_request(rates.check)
    app.before_request(_check_csrf)
    app.after_request(answers.finish)
    app.after_request(rates.tell)
    counting.init(app)
    problems.init(app)
    app.jinja_env.globals.update(
        asset=_asset,
        packaged=packaged.address,
        services=SERVICES,
        mail_wanted=mail_wanted,
        can_undo=undoing.is_possible,
        csrf_token=generate_csrf,
        viewer=access.viewer,
        has_rqmonitor=has_rqmonitor,
        has_flower=wanted.flower_url is not None,
    )
    return app


def _check_csrf() -> None:
    """Check what is sent with a cookie; views that read their body themselves check it there."""
    if request.endpoint and not receiving.is_streamed(_view()):
        access.check_csrf(None if request.is_json else request.form.get("csrf_token"))


def _view() -> object:
    return current_app.view_functions.get(request.endpoint or "")


def _asset(name: str) -> str:
    """Return the address of a static file, which changes with its content."""
    return url_for("static", filename=name, v=_digest(name))


@cache
def _digest(name: str) -> str:
    return hashlib.sha256((ROOT / "static" / name).read_bytes()).hexdigest()[:12]
