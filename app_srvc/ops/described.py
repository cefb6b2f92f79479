"""What programs can ask of the overview, for the description of the API."""

from datetime import datetime
from typing import Any

from app_srvc.api_docs.operations import Answer, Described, Operation, Shape
from app_srvc.processors.described import Processor

TITLE = "Overview for operators"


class Trouble(Shape):
    """Something that is not as it should be."""

    name: str
    message: str
    loud: bool
    url: str | None


class Overview(Shape):
    """Everything that the overview shows; `well` is false while there are `problems`."""

    at: datetime
    well: bool
    problems: list[Trouble]
    queues: list[dict[str, Any]]
    limits: list[dict[str, Any]]
    workers: list[dict[str, Any]]
    failures: dict[str, Any]
    processors: list[Processor]
    outbox: dict[str, Any]
    storage: dict[str, Any] | None
    kept: dict[str, Any] | None
    postgresql: dict[str, Any]
    queue_server: dict[str, bool]
    history: dict[str, Any]


DESCRIBED: Described = {"ops_api.show": Operation({200: Answer("Everything.", Overview)})}
