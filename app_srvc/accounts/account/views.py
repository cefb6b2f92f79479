"""The page of somebody's account, and what they change there."""

from datetime import UTC, datetime
from uuid import UUID

from flask import (
    Blueprint,
    Response,
    flash,
    redirect,
    render_template,
    request,
    stream_with_context,
    url_for,
)
from flask.typing import ResponseReturnValue
from wtforms import PasswordField

from app_srvc import db, words
from app_srvc.accounts import access, authentication, changing, forms, sessions
from app_srvc.accounts.account import exporting
from app_srvc.accounts.repository import sessions as sessions_rows
from app_srvc.accounts.repository import tokens, users
from app_srvc.accounts.repository.users import User
from app_srvc.errors import TooManyTries
from app_srvc.web import locales, patience
from app_srvc.words import _

bp = Blueprint("account", __name__, url_prefix="/account")
bp.before_request(access.account_holders)


@bp.get("/")
def index() -> ResponseReturnValue:
    """Show the account."""
    return _page()


@bp.post("/password")
def change_password() -> ResponseReturnValue:
    """Change the password, and log out all other browsers."""
    user = access.account_holder()
    form = forms.PasswordForm(user.login, user.email)
    if form.is_sent() and _knows_password(user, form.current):
        changing.set_password(user, form.password.data or "")
        sessions.log_in(user)
        flash(_("Your password is changed. All other browsers are logged out."))
        return redirect(url_for(".index"), 303)
    return _page(password=form), 422


@bp.post("/tokens")
def make_token() -> ResponseReturnValue:
    """Make a token for programs; this page alone shows it."""
    user = access.account_holder()
    form = forms.TokenForm(for_operator=user.is_operator)
    if not form.is_sent():
        return _page(token=form), 422
    days = int(form.days.data) if form.days.data else None
    made = changing.make_token(user, form.name.data or "", form.scopes.data or [], days)
    return render_template("account/token.html", name=form.name.data, token=made)


@bp.post("/tokens/<uuid:token_id>/revoke")
def revoke_token(token_id: UUID) -> ResponseReturnValue:
    """Make a token worthless."""
    changing.revoke_token(access.account_holder(), token_id)
    flash(_("The token is worthless now."))
    return redirect(url_for(".index", _anchor="tokens"), 303)


@bp.post("/language")
def choose_language() -> ResponseReturnValue:
    """Choose the language of pages and mails."""
    form = forms.LanguageForm(access.account_holder().language)
    if not form.is_sent():
        return _page(language=form), 422
    with db.transaction() as conn:
        users.set_language(conn, access.account_holder().id, form.language.data or None)
    return redirect(url_for(".index"), 303)


@bp.get("/export")
def export() -> ResponseReturnValue:
    """Send all that is kept about somebody."""
    name = f"cherha-{datetime.now(UTC):%Y-%m-%d}.json"
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Content-Language": locales.tag(),
    }
    body = patience.begun(
        exporting.pieces(access.account_holder()), request.environ.get("gunicorn.socket")
    )
    return Response(stream_with_context(body), mimetype="application/json", headers=headers)


@bp.post("/sessions/end")
def end_sessions() -> ResponseReturnValue:
    """Log out everywhere, here too."""
    with db.transaction() as conn:
        sessions_rows.remove_all(conn, access.account_holder().id)
    sessions.log_out()
    flash(_("You are logged out everywhere."))
    return redirect(url_for("home.index"), 303)


@bp.post("/delete")
def delete() -> ResponseReturnValue:
    """Forget somebody with all that they have sent."""
    user = access.account_holder()
    form = forms.DeleteForm()
    if form.is_sent() and _knows_password(user, form.password):
        changing.delete(user)
        sessions.log_out()
        flash(_("Your account is deleted. Your recordings and transcripts follow at once."))
        return redirect(url_for("home.index"), 303)
    return _page(delete=form), 422


def _page(**sent: forms.SafeForm) -> str:
    """Show the page, with the form that needs another look."""
    user = access.account_holder()
    with db.transaction() as conn:
        shown = tokens.of_user(conn, user.id)
        browsers = sessions_rows.count(conn, user.id)
    made: dict[str, forms.SafeForm] = {
        "password": sent.get("password") or forms.PasswordForm(user.login, user.email),
        "token": sent.get("token") or forms.TokenForm(for_operator=user.is_operator),
        "language": sent.get("language") or forms.LanguageForm(user.language),
        "delete": sent.get("delete") or forms.DeleteForm(),
    }
    return render_template(
        "account/index.html", user=user, forms=made, tokens=shown, browsers=browsers,
        wrong=next(iter(sent), None), scopes=forms.SCOPES, languages=words.LANGUAGES,
    )  # fmt: skip


def _knows_password(user: User, field: PasswordField) -> bool:
    """See whether the password is right; otherwise say so beside its field."""
    try:
        if authentication.confirm(user, field.data or "", request.remote_addr or ""):
            return True
        field.errors = [_("This is not your password.")]
    except TooManyTries as error:
        field.errors = [error.sentence]
    return False
