"""What programs may send as records, for the description of the API."""

from typing import Any

from pydantic import Field

from app_srvc.api_docs.operations import JSON, MAY_BE_MISSING, TEXT, Body, Shape


class TakenRecord(Shape):
    """What became of a record; `differs` says that what is there has other content."""

    id: int
    key: str
    new: bool
    differs: bool


class Taken(Shape):
    """What became of records."""

    added: int
    known: int
    records: list[TakenRecord]


class NewRecord(Shape):
    """A record: its content is `body`, a text, or `json`."""

    key: str = MAY_BE_MISSING
    order_key: str = MAY_BE_MISSING
    media_type: str = MAY_BE_MISSING
    body: str = MAY_BE_MISSING
    content: Any = Field(default=None, alias="json")


class NewRecords(Shape):
    """Many records, which are taken in together or not at all."""

    records: list[NewRecord]


RECORDS = Body({
    JSON: NewRecords,
    TEXT: {"type": "string"},
    "application/xml": {"type": "string"},
})  # fmt: skip
