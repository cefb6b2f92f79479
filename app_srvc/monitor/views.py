"""rqmonitor at /rqmonitor/, and the page about one job that it lacks."""

from importlib.util import find_spec

from flask import Blueprint, Flask, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app_srvc import db
from app_srvc.accounts import access
from app_srvc.jobs import wakeups
from app_srvc.monitor import effects, jobs, redis_side, safety

PREFIX = "/rqmonitor"

bp = Blueprint("monitor", __name__, url_prefix=PREFIX)
bp.before_request(access.only_operators)


def mount(app: Flask) -> bool:
    """Give the application rqmonitor's pages, if it is installed; say whether it has them."""
    if find_spec("rqmonitor") is None:
        return False
    from app_srvc.monitor import loading  # noqa: PLC0415  # It is not everywhere.

    app.config["RQ_MONITOR_REDIS_URL"] = (redis_side.shown_url(redis_side.url()),)
    app.redis_connection = redis_side.connection()  # type: ignore[attr-defined]
    app.register_blueprint(loading.load(), url_prefix=PREFIX)
    app.register_blueprint(bp)
    return True


@bp.get("/job/")
def find() -> ResponseReturnValue:
    """Lead to the page of a job whose id somebody has typed in."""
    return redirect(url_for(".show", job_id=request.args.get("id", "").strip() or "-"))


@bp.get("/job/<job_id>")
def show(job_id: str) -> ResponseReturnValue:
    """Show all that rq holds of one job, and whether it has a page of ours."""
    with safety.answering():
        shown = jobs.find(job_id)
    with db.transaction() as conn:
        row = effects.row_of(conn, job_id)
    return render_template(
        "monitor/job.html", **shown._asdict(), row=row, is_wakeup=wakeups.is_wakeup(job_id)
    )
