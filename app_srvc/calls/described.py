"""What programs can call, for the description of the API: each call with what it takes."""

from collections.abc import Iterable
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
    Variant,
)
from app_srvc.calls import known
from app_srvc.calls.forms import LEVEL_HEADER

TITLE = "Quick calls"
LEVEL = {"type": "integer", "minimum": 0, "maximum": 9}


class Parameter(Shape):
    """Something that a call takes."""

    name: str
    type: str
    required: bool
    default: Any


class Call(Shape):
    """A function that can be called."""

    name: str
    about: str
    url: str
    volatile: bool
    timeout_seconds: int
    parameters: list[Parameter]


class Calls(Shape):
    """All functions that can be called."""

    calls: list[Call]


class Data(Shape):
    """What a call has answered."""

    status: int
    data: Any


class StillRunning(Shape):
    """It takes longer than the request waits; ask `result_url`."""

    status: int
    job_id: str
    result_url: str
    status_url: str = MAY_BE_MISSING


def _asked() -> Iterable[Variant]:
    for call in known.every():
        yield Variant({"name": call.name}, str(call.about), query=call.model)


def _sent() -> Iterable[Variant]:
    for call in known.every():
        taken = call.model.model_json_schema()
        body = Body({JSON: taken, "application/x-www-form-urlencoded": taken}, is_required=False)
        yield Variant({"name": call.name}, str(call.about), body=body)


OF_CALLS = Operation(
    {
        200: Answer("The answer.", Data),
        202: Answer("It takes longer.", StillRunning, headers={"Location": "Of the answer."}),
    },
    query={"level": LEVEL},
    headers=(Header(LEVEL_HEADER, LEVEL, what="In place of `level`; the lower one goes first."),),
    refuses={409, 415, 422, 500},
)
DESCRIBED: Described = {
    "calls_api.index": Operation({200: Answer("The calls.", Calls)}),
    "calls_api.ask": OF_CALLS._replace(variants=_asked),
    "calls_api.send": OF_CALLS._replace(variants=_sent),
    "calls_api.result": OF_CALLS._replace(query=None, headers=(), refuses={422, 500}),
}
