"""Come in: log in and out, ask for a link, set a password with it; and become an operator."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from wtforms import HiddenField

from app_srvc import admission, db, settings
from app_srvc.accounts import access, authentication, changing, forms, names, sessions
from app_srvc.accounts.repository import operators
from app_srvc.accounts.repository.users import User
from app_srvc.admission import rates
from app_srvc.errors import AppError, NotFound
from app_srvc.queues import Queue
from app_srvc.settings.limits import Rate
from app_srvc.web import paths
from app_srvc.words import _

bp = Blueprint("accounts", __name__)
bp.before_request(access.everybody)


@bp.route("/login", methods=["GET", "POST"])
def log_in() -> ResponseReturnValue:
    """Begin a session in this browser."""
    form = forms.LoginForm()
    back = paths.of_this_site(form.next.data or request.args.get("next"), url_for("home.index"))
    if access.viewer().user is not None and not form.is_submitted():
        return redirect(back, 303)
    if form.is_sent():
        try:
            user = _find(form)
        except AppError as error:
            form.password.errors = [error.sentence]
            return _login_page(form, back), error.status, dict(error.headers)
        if user is not None:
            sessions.log_in(user)
            flash(_("Hello, %(name)s.", name=user.first_name))
            return redirect(back, 303)
        form.password.errors = [_("Login or password is wrong.")]
    return _login_page(form, back), 422 if form.errors else 200


@bp.post("/logout")
def log_out() -> ResponseReturnValue:
    """End the session of this browser."""
    sessions.log_out()
    flash(_("You are logged out."))
    return redirect(url_for("home.index"), 303)


@bp.route("/password/forgotten", methods=["GET", "POST"])
@rates.limited(Rate.LINKS)
def forgotten() -> ResponseReturnValue:
    """Send a link, if there is somebody to send it to; the answer is the same in any case."""
    form = forms.ForgottenForm()
    if form.is_sent():
        try:
            email = names.email(form.email.data or "")
        except names.Wrong as wrong:
            form.email.errors = [wrong.sentence]
        else:
            admission.require_room(Queue.USRREG)
            changing.ask_for_link(email.key)
            return render_template("accounts/sent.html", email=email.shown, **_mail())
    page = render_template("accounts/forgotten.html", form=form, **_mail())
    return page, 422 if form.errors else 200


@bp.route("/password", methods=["GET", "POST"])
def password() -> ResponseReturnValue:
    """Set a password with a link. To open it does not use it up: programs follow links too."""
    token = request.form.get("token") or request.args.get("token", "")
    try:
        user = changing.owner_of_link(token)
    except NotFound as error:
        return render_template("accounts/link_gone.html", error=error), error.status
    form = forms.NewPasswordForm(user.login, user.email)
    form.token.data = token
    if form.is_sent():
        sessions.log_in(changing.set_password_by_link(token, form.password.data or ""))
        flash(_("Your password is set, and you are logged in."))
        return redirect(url_for("jobs.index"), 303)
    page = render_template("accounts/password.html", form=form, user=user)
    return page, 422 if form.errors else 200


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
        if not operators.use_link(conn, request.form.get("token", "")):
            raise NotFound(_("This link was used already, or is older than an hour."))
        access.make_operator(conn)
    flash(_("You are an operator in this browser now."))
    return redirect(url_for("jobs.index"))


@bp.post("/operator/leave")
def leave() -> ResponseReturnValue:
    """Stop being an operator; the guest stays."""
    with db.transaction() as conn:
        access.stop_being_operator(conn)
    return redirect(url_for("home.index"))


def _find(form: forms.LoginForm) -> User | None:
    return authentication.find(
        form.login.data or "", form.password.data or "", request.remote_addr or ""
    )


def _login_page(form: forms.LoginForm, back: str) -> str:
    form.next.data = back
    return render_template("accounts/login.html", form=form)


def _mail() -> dict[str, bool]:
    return {"sends_mail": settings.load().sends_mail}
