"""Pages by which a person becomes an operator, and stops being one."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from wtforms import HiddenField

from app_srvc import db
from app_srvc.accounts import access, repository
from app_srvc.errors import NotFound

bp = Blueprint("accounts", __name__)
bp.before_request(access.anyone)


class OperatorForm(FlaskForm):
    """Confirms that a person opened the link, and not a program that follows every link."""

    token = HiddenField()


@bp.get("/operator")
def operator() -> ResponseReturnValue:
    """Ask before the link is used up."""
    form = OperatorForm(token=request.args.get("token", ""))
    return render_template("accounts/operator.html", form=form)


@bp.post("/operator")
def become_operator() -> ResponseReturnValue:
    """Use the link up."""
    with db.transaction() as conn:
        if not repository.use_link(conn, request.form.get("token", "")):
            raise NotFound("This link was used already, or is older than an hour.")
        access.make_operator(conn)
    flash("You are an operator in this browser now.")
    return redirect(url_for("jobs.index"))


@bp.post("/operator/leave")
def leave() -> ResponseReturnValue:
    """Stop being an operator; the guest stays."""
    access.stop_being_operator()
    return redirect(url_for("home.index"))
