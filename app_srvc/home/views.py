"""The first page: what there is, and my latest work."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from app_srvc.accounts import access
from app_srvc.jobs import presenting
from app_srvc.jobs.repository.reading import Page

LATEST = 5

bp = Blueprint("home", __name__)
bp.before_request(access.anyone)


@bp.get("/")
def index() -> ResponseReturnValue:
    """Show the services and my latest jobs."""
    listing = presenting.list_visible(Page(owner=None, limit=LATEST))
    return render_template("home/index.html", jobs=listing.jobs, best_url=presenting.best_url)
