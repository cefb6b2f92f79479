"""What programs can ask of processors, for the description of the API."""

from datetime import datetime
from typing import Any

from app_srvc.api_docs.operations import (
    JSON,
    MAY_BE_MISSING,
    Answer,
    Body,
    Described,
    Header,
    Operation,
    Shape,
)
from app_srvc.processors.forms import ParametersForm
from app_srvc.processors.importing.described import RECORDS, Taken
from app_srvc.processors.records.narrowing import BoxFilter

TITLE = "Processors"


class Cycle(Shape):
    """The batch of records that is under way."""

    id: int
    claimed: int
    handled: int
    queued: int
    running: int
    started_at: datetime | None


class Processor(Shape):
    """How a processor stands. Of the `counts` that `more` names there are more than that."""

    name: str
    title: str
    handler: str
    desired: str
    state: str
    message: str
    reason: str | None
    since: datetime | None
    next_cycle_at: datetime | None
    probe_at: datetime | None
    oldest_at: datetime | None
    counts: dict[str, int]
    more: list[str]
    cycle: Cycle | None
    url: str
    page_url: str


class Source(Shape):
    """Where records come from besides those that are sent."""

    source: str
    config: dict[str, Any]


class SetProcessor(Processor):
    """That, and what is set of it; `version` goes along with a change."""

    version: int
    parameters: dict[str, Any]
    config: dict[str, Any]
    source: Source | None


class Processors(Shape):
    """All processors; `served` is false while no worker is there to do their work."""

    processors: list[Processor]
    served: bool


class Record(Shape):
    """A record in a box."""

    id: int
    key: str
    status: str
    attempts: int
    lost: int
    http_status: int | None
    error: str | None
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    available_at: datetime | None
    page_url: str


class Records(Shape):
    """A page of a list; `next` is the address of the next one."""

    records: list[Record]
    next: str | None


class Changed(Shape):
    """How many were changed; without `complete` there are more, so ask once more."""

    changed: int
    complete: bool


class NewSource(Shape):
    """Where records are to come from; `version` is the one that was seen."""

    version: int
    source: str = MAY_BE_MISSING
    config: dict[str, Any] = MAY_BE_MISSING


STANDING = {200: Answer("How it stands.", SetProcessor)}
NARROWED = {
    "type": "object",
    "properties": {
        "ids": {"type": "array", "items": {"type": "integer"}, "maxItems": 1000},
        "key": {"enum": ["same", "new"]},
        **{name: {"type": "string"} for name in ("status", "q", "http", "since", "until")},
    },
}
DESCRIBED: Described = {
    "processors_api.index": Operation({200: Answer("The processors.", Processors)}),
    "processors_api.show": Operation(STANDING),
    "processors_api.act": Operation(STANDING, refuses={409}),
    "processors_api.change": Operation(
        STANDING, body=Body({JSON: ParametersForm}), refuses={409, 415, 422}
    ),
    "processors_api.choose_source": Operation(
        STANDING, body=Body({JSON: NewSource}), refuses={409, 415, 422}
    ),
    "processors_api.records": Operation(
        {200: Answer("Records.", Records)}, query=BoxFilter, refuses={422}
    ),
    "processors_api.change_records": Operation(
        {200: Answer("How many were changed.", Changed)}, body=Body({JSON: NARROWED}),
        refuses={409, 415, 422},
    ),
    "importing_api.add": Operation(
        {
            200: Answer("All were known.", Taken),
            201: Answer("At least one is new.", Taken),
        },
        query={"key": {"type": "string"}, "order_key": {"type": "string"}},
        headers=(Header("Idempotency-Key", {"type": "string"}, what="In place of `key`."),),
        body=RECORDS, refuses={413, 415, 422},
    ),
}  # fmt: skip
