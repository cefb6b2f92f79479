"""How a service describes what programs can ask it; each has a module `described` that does, with
a `TITLE` and what is `DESCRIBED` under it.

What an operation does is not repeated there: it is the docstring of its view.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, NamedTuple

from pydantic import BaseModel, ConfigDict, Field
from wtforms import Form

JSON, PROBLEM, TEXT = "application/json", "application/problem+json", "text/plain"
ONE_FILE = {"type": "string", "contentMediaType": "application/octet-stream", "format": "binary"}


class Shape(BaseModel):
    """JSON with these members and no others; some may be missing."""

    model_config = ConfigDict(extra="forbid")


MAY_BE_MISSING: Any = Field(default=None)


class Problem(Shape):
    """What went wrong (RFC 9457). `errors` has the sentences about each field."""

    type: str
    title: str
    status: int
    detail: str
    request_id: str
    errors: dict[str, list[str]] = MAY_BE_MISSING


class Answer(NamedTuple):
    """What is answered with a status: a shape as JSON, or something of another media type."""

    what: str
    shape: Any = None
    media_type: str = JSON
    headers: Mapping[str, str] = {}


class Header(NamedTuple):
    """A header that a request may have, or has to."""

    name: str
    schema: Mapping[str, Any]
    is_required: bool = False
    what: str = ""


class Body(NamedTuple):
    """What can be sent: a schema, or a model or form of it, for each media type."""

    by_type: Mapping[str, Any]
    is_required: bool = True


class Variant(NamedTuple):
    """One of several operations behind the same route."""

    values: Mapping[str, str]
    what: str
    query: Any = None
    body: Body | None = None


class Operation(NamedTuple):
    """What a program may send to a view, and what it may get.

    `query` is a form, a pydantic model, or a mapping of names to schemas. `refuses` has the
    statuses with which it may be refused besides those of every operation, as `refused_as`.
    `variants` gives one for each value of a part of the path that has few. `group` is the `TITLE`
    of the module that has it.
    """

    answers: Mapping[int, Answer]
    query: type[Form] | type[BaseModel] | Mapping[str, Any] | None = None
    headers: Iterable[Header] = ()
    body: Body | None = None
    refuses: Collection[int] = ()
    refused_as: Answer = Answer("", Problem, PROBLEM)
    variants: Callable[[], Iterable[Variant]] | None = None
    group: str = ""


# By the name of a view, as Flask has it.
Described = Mapping[str, Operation]


def file_form(**fields: Mapping[str, Any]) -> Body:
    """Describe a form with one file, or an upload in pieces in its place, and these fields."""
    properties = {
        "file": ONE_FILE,
        "upload": {"type": "string", "description": "The id of an upload that has come whole."},
        **fields,
    }
    return Body({"multipart/form-data": {"type": "object", "properties": properties}})
