"""The registration form, and the page of a registration."""

from uuid import UUID

from flask import Blueprint, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app_srvc import admission, queues, settings
from app_srvc.accounts import access, secret
from app_srvc.admission import rates
from app_srvc.errors import AppError, NotFound
from app_srvc.jobs import outlook, presenting, registry
from app_srvc.queues import Queue
from app_srvc.settings.limits import Rate
from app_srvc.usrreg import forms, intake, tasks
from app_srvc.web import problems
from app_srvc.web.negotiation import wants_json
from app_srvc.words import _

bp = Blueprint("usrreg", __name__)
bp.before_request(access.everybody)


@bp.get("/userreg/")
def index() -> ResponseReturnValue:
    """Show the form."""
    return _form(forms.RegistrationForm(formdata=None, data={"once": secret.new()}))


@bp.post("/userregres/")
@rates.limited(Rate.REGISTRATIONS)
def register() -> ResponseReturnValue:
    """Take a registration in."""
    form = forms.read()
    key = forms.once_key(form)
    profile = form.profile()
    admission.require_room(Queue.USRREG)
    job_id = intake.take_in(profile, access.viewer().owner, key)
    if wants_json() or request.is_json:
        return jsonify(
            job_id=job_id,
            queue=Queue.USRREG,
            status_url=url_for("jobs_api.show", job_id=job_id),
            page_url=url_for(".show", job_id=job_id),
        ), 202
    return redirect(url_for(".show", job_id=job_id), 303)


@bp.get("/userreg/<uuid:job_id>")
def show(job_id: UUID) -> ResponseReturnValue:
    """Show how a registration stands, and what to do next."""
    job = presenting.find_visible(str(job_id))
    if job.task != registry.name_of(tasks.register):
        raise NotFound(_("There is no such registration, or it is not yours."))
    return render_template(
        "usrreg/show.html",
        job=job,
        outlook=outlook.of(job),
        queue_label=queues.label(job.queue),
        sends_mail=settings.load().sends_mail,
    )


@bp.errorhandler(AppError)
def refuse(error: AppError) -> ResponseReturnValue:
    """Say beside the fields what is wrong with them; what was typed stays."""
    fields = getattr(error, "fields", {})
    if wants_json() or request.is_json or request.endpoint != "usrreg.register" or not fields:
        return problems.show(error)
    form = forms.read()
    form.validate()
    return _form(form), error.status, dict(error.headers)


def _form(form: forms.RegistrationForm) -> str:
    sends_mail = settings.load().sends_mail
    return render_template("usrreg/index.html", form=form, sends_mail=sends_mail)
