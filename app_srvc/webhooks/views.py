"""The page of somebody's webhook: where they are told, and what they were told."""

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from app_srvc import db, queues
from app_srvc.accounts import access
from app_srvc.accounts.repository import users
from app_srvc.errors import Conflict, LogInFirst, NotFound
from app_srvc.jobs import submission
from app_srvc.webhooks import repository, signing, tasks
from app_srvc.webhooks.forms import WebhookForm
from app_srvc.words import _

SHOWN = 50

bp = Blueprint("webhooks", __name__, url_prefix="/account/webhook")
bp.before_request(access.account_holders)


@bp.get("/")
def index() -> ResponseReturnValue:
    """Show where somebody is told, and the latest of what they were told."""
    return _page(WebhookForm())


@bp.post("/")
def change() -> ResponseReturnValue:
    """Tell somebody at another address from now on; this page alone shows its secret."""
    form = WebhookForm()
    if not form.is_sent():
        return _page(form), 422
    webhook_id = submission.new_id()
    with db.transaction() as conn:
        if not users.lock(conn, access.account_holder().id):
            raise LogInFirst  # The account was deleted a moment ago, from another browser.
        repository.replace(conn, webhook_id, access.account_holder().id, form.url.data or "")
    return render_template("webhooks/secret.html", secret=signing.secret_of(webhook_id))


@bp.post("/remove")
def remove() -> ResponseReturnValue:
    """Tell somebody nothing any more."""
    with db.transaction() as conn:
        repository.remove(conn, access.account_holder().id)
    flash(_("The webhook is removed."))
    return redirect(url_for(".index"), 303)


@bp.post("/<uuid:delivery_id>/again")
def again(delivery_id: UUID) -> ResponseReturnValue:
    """Tell something again."""
    with db.transaction() as conn:
        taken = repository.take_again(conn, access.account_holder().id, str(delivery_id))
        if taken is None:
            raise NotFound(_("There is no such delivery, or it is not yours."))
        if not taken:
            raise Conflict(_("It has not been delivered yet, and is tried by itself."))
        tasks.submit(conn, str(delivery_id))
    flash(_("It is being sent again."))
    return redirect(url_for(".index"), 303)


def _page(form: WebhookForm) -> str:
    with db.transaction() as conn:
        webhook = repository.of_user(conn, access.account_holder().id)
        deliveries = repository.newest(conn, webhook.id, SHOWN) if webhook else []
    return render_template(
        "webhooks/index.html", form=form, webhook=webhook, deliveries=deliveries,
        moving=any(one.state == repository.State.WAITING for one in deliveries),
        label=queues.label,
    )  # fmt: skip
