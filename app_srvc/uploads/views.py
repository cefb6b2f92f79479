"""Uploads that go on after a lost connection: tus 1.0.0, https://tus.io/protocols/resumable-upload."""

from uuid import UUID

from flask import Blueprint, Response, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.http import http_date

from app_srvc import settings, storage
from app_srvc.accounts import access
from app_srvc.admission import rates
from app_srvc.errors import BadRequest, Conflict, TooLarge
from app_srvc.settings.limits import Rate
from app_srvc.uploads import bodies, headers, pending
from app_srvc.uploads.receiving import streamed
from app_srvc.uploads.repository import Pending
from app_srvc.web.negotiation import for_programs
from app_srvc.words import _

PIECE = "A piece of an upload that was counted when it began; there may be thousands."
STOPPED = _("The upload stopped half-way, or came too slowly. What has come is kept.")

bp = for_programs(Blueprint("uploads", __name__, url_prefix="/uploads"))
bp.before_request(access.submitters)
bp.before_request(headers.check_version)


@bp.after_request
def say_version(response: Response) -> Response:
    """Say in each answer which version this is, as tus asks."""
    response.headers["Tus-Resumable"] = headers.VERSION
    return response


@bp.route("/", methods=["OPTIONS"])
@bp.route("/<uuid:upload_id>", methods=["OPTIONS"])
def describe(upload_id: UUID | None = None) -> ResponseReturnValue:  # noqa: ARG001
    """Say what can be done here."""
    return Response(
        status=204,
        headers={
            "Tus-Version": headers.VERSION,
            "Tus-Extension": "creation,creation-with-upload,expiration,termination",
            "Tus-Max-Size": str(settings.load().max_upload_bytes),
        },
    )


@bp.post("/")
@rates.limited(Rate.UPLOADS)
@streamed
def create() -> ResponseReturnValue:
    """Begin an upload, perhaps with its first piece."""
    access.check_csrf(None)
    if request.content_length:
        headers.check_media_type()
    name, metadata = headers.metadata()
    upload = pending.create(headers.number("Upload-Length"), name, metadata)
    if request.content_length:
        _receive(upload)
    response = _answer(201, pending.find(upload.id))
    response.headers["Location"] = url_for(".show", upload_id=upload.id)
    return response


@bp.route("/<uuid:upload_id>", methods=["HEAD"])
def show(upload_id: UUID) -> ResponseReturnValue:
    """Say how much has come."""
    upload = pending.find(str(upload_id))
    response = _answer(200, upload)
    response.headers["Upload-Length"] = str(upload.length)
    if upload.metadata:
        response.headers["Upload-Metadata"] = upload.metadata
    return response


@bp.patch("/<uuid:upload_id>")
@rates.unlimited(PIECE)
@streamed
def resume(upload_id: UUID) -> ResponseReturnValue:
    """Take the next piece. What arrives before the connection breaks is kept."""
    access.check_csrf(None)
    headers.check_media_type()
    upload = pending.find(str(upload_id))
    if headers.number("Upload-Offset") != upload.received:
        raise Conflict(
            _("%(number)s bytes have come; go on from there.", number=str(upload.received))
        )
    _receive(upload)
    return _answer(204, pending.find(upload.id))


@bp.delete("/<uuid:upload_id>")
def cancel(upload_id: UUID) -> ResponseReturnValue:
    """Drop an upload."""
    pending.cancel(pending.find(str(upload_id)))
    return "", 204


@bp.post("/<uuid:upload_id>")
@rates.unlimited(PIECE)
@streamed
def override(upload_id: UUID) -> ResponseReturnValue:
    """Let clients in that can only POST, as tus asks."""
    access.check_csrf(None)
    views = {"PATCH": resume, "DELETE": cancel, "HEAD": show}
    wanted = request.headers.get("X-HTTP-Method-Override", "").upper()
    if wanted not in views:
        raise BadRequest(_("Send PATCH, HEAD or DELETE."))
    return views[wanted](upload_id)


def _receive(upload: Pending) -> None:
    """Store the request's body.

    Raises:
        BadRequest: it stopped half-way. What has come is kept.
    """
    left = upload.length - upload.received
    if (request.content_length or 0) > left:
        raise TooLarge(_("That is more than was announced."))
    # A length that is not told is counted as it comes.
    request.max_content_length = left + bodies.CHUNK
    with bodies.arriving():
        try:
            pending.append(upload, bodies.pieces(storage.current().piece_bytes))
        except BadRequest as error:
            raise BadRequest(STOPPED) from error


def _answer(status: int, upload: Pending) -> Response:
    response = Response(status=status, headers={"Upload-Offset": str(upload.received)})
    if upload.expires_at is not None:
        response.headers["Upload-Expires"] = http_date(upload.expires_at)
    return response
