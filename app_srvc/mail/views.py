"""The outbox: every mail there was, for operators."""

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from app_srvc import admission, db, settings
from app_srvc.accounts import access
from app_srvc.errors import NotFound
from app_srvc.mail import forms, posting, presenting, repository
from app_srvc.queues import Queue
from app_srvc.words import _

bp = Blueprint("mail", __name__, url_prefix="/outbox")
bp.before_request(access.only_operators)


@bp.get("/")
def index() -> ResponseReturnValue:
    """List all mail, newest first."""
    before = forms.key_of_page()
    with db.transaction() as conn:
        page = repository.newest(conn, before, forms.PAGE_SIZE)
    return render_template(
        "mail/outbox.html",
        mails=page.mails,
        older=forms.key_after(page),
        is_first=before is None,
        sends_mail=settings.load().sends_mail,
        subjects=presenting.SUBJECTS,
    )


@bp.get("/<uuid:mail_id>")
def show(mail_id: UUID) -> ResponseReturnValue:
    """Show one mail, and its link where nobody else can hand it over."""
    with db.transaction() as conn:
        mail = repository.find(conn, str(mail_id))
    if mail is None:
        raise NotFound(_("There is no such mail."))
    return render_template(
        "mail/letter.html",
        mail=mail,
        letter=presenting.letter(mail),
    )


@bp.post("/<uuid:mail_id>/again")
def again(mail_id: UUID) -> ResponseReturnValue:
    """Post a mail anew that was kept or has failed."""
    admission.require_room(Queue.MAIL)
    with db.transaction() as conn:
        new = posting.post_again(conn, str(mail_id))
    flash(_("A new mail takes its place."))
    return redirect(url_for(".show", mail_id=new), 303)
