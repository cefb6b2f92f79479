"""What programs can do with uploads in pieces, for the description of the API; and what becomes
of files that are sent to any service."""

from uuid import UUID

from app_srvc.api_docs.operations import Answer, Body, Described, Header, Operation, Shape
from app_srvc.uploads.headers import MEDIA_TYPE, VERSION

TITLE = "Uploads in pieces"
NUMBER = {"type": "integer", "minimum": 0}
SPOKEN = Header("Tus-Resumable", {"type": "string", "enum": [VERSION]}, is_required=True)
LENGTH = Header("Upload-Length", NUMBER, is_required=True, what="How many bytes it will be.")
OFFSET = Header("Upload-Offset", NUMBER, is_required=True, what="How many have come already.")
METADATA = Header("Upload-Metadata", {"type": "string"}, what="`filename` and its name in Base64.")
PIECE = Body({MEDIA_TYPE: {"type": "string", "format": "binary"}}, is_required=False)
TOLD = {"Upload-Offset": "How many bytes have come.", "Tus-Resumable": VERSION}
OF_PIECES = {409, 412, 413, 415, 507}


class Accepted(Shape):
    """One file that was accepted; `status_url` answers for its job."""

    job_id: UUID
    file_id: UUID
    status_url: str


class Sent(Shape):
    """A file that was accepted, of several."""

    job_id: UUID
    file_id: UUID
    name: str
    status_url: str
    page_url: str


class Refused(Shape):
    """A file that was refused, and why."""

    name: str
    status: int
    reason: str


class Files(Shape):
    """What became of each file of a form."""

    jobs: list[Sent]
    refused: list[Refused]


OF_FILES = {409, 413, 415, 422, 507}
ACCEPTED = {202: Answer("It is accepted.", Accepted)}
ALL_ACCEPTED = {202: Answer("At least one is accepted.", Files)}

DESCRIBED: Described = {
    "uploads.describe": Operation({204: Answer("What can be done.")}),
    "uploads.create": Operation(
        {201: Answer("It has begun.", headers={"Location": "Its address.", **TOLD})},
        headers=(SPOKEN, LENGTH, METADATA), body=PIECE, refuses=OF_PIECES,
    ),
    "uploads.show": Operation(
        {200: Answer("How much has come.", headers=TOLD)}, headers=(SPOKEN,), refuses={412},
        refused_as=Answer(""),
    ),
    "uploads.resume": Operation(
        {204: Answer("The piece is kept.", headers=TOLD)},
        headers=(SPOKEN, OFFSET), body=PIECE, refuses=OF_PIECES,
    ),
    "uploads.cancel": Operation(
        {204: Answer("It is gone.")}, headers=(SPOKEN,), refuses={409, 412}
    ),
    "uploads.override": Operation(
        {
            200: Answer("How much has come.", headers=TOLD),
            204: Answer("It is done.", headers={"Tus-Resumable": VERSION}),
        },
        headers=(
            SPOKEN,
            Header("X-HTTP-Method-Override", {"enum": ["PATCH", "HEAD", "DELETE"]},
                   is_required=True),
            OFFSET._replace(is_required=False),
        ),
        body=PIECE, refuses=OF_PIECES,
    ),
}  # fmt: skip
