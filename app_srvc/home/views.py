"""The first page: what there is, and my latest work; and the language of all pages."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app_srvc import db, queues, settings, words
from app_srvc.accounts import access
from app_srvc.accounts.repository import users
from app_srvc.errors import BadRequest
from app_srvc.jobs import presenting
from app_srvc.jobs.repository.reading import Page
from app_srvc.web import locales, paths
from app_srvc.words import _

LATEST = 5

bp = Blueprint("home", __name__)
bp.before_request(access.everybody)


@bp.get("/")
def index() -> ResponseReturnValue:
    """Show the services and my latest jobs."""
    listing = presenting.list_visible(Page(owner=None, limit=LATEST))
    return render_template(
        "home/index.html",
        jobs=listing.jobs,
        best_url=presenting.best_url,
        label=queues.label,
    )


@bp.post("/language")
def choose_language() -> ResponseReturnValue:
    """Speak this language in this browser from now on, and go back to where it was chosen."""
    chosen, back = request.form.get("language", ""), request.form.get("back", "")
    if chosen not in words.LANGUAGES:
        raise BadRequest(_("There is no such language here."))
    user = access.viewer().user
    if user is not None:
        with db.transaction() as conn:
            users.set_language(conn, user.id, chosen)
    response = redirect(paths.of_this_site(back, url_for(".index")), 303)
    response.set_cookie(
        locales.COOKIE, chosen, locales.COOKIE_SECONDS, httponly=True,
        secure=settings.load().cookies_secure, samesite="Lax",
    )  # fmt: skip
    return response
