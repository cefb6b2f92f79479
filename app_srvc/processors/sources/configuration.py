"""How a table of another PostgreSQL is described, of which the rows are records.

It is a table or a view: a query that is more than that belongs into a view, over there.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import jsonschema

from app_srvc.processors import named
from app_srvc.processors.handlers.failures import WrongConfiguration
from app_srvc.words import _

_NAME = {"type": "string", "minLength": 1, "maxLength": 63}
SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "properties": {
        "connection": {
            "type": "string",
            "title": _("Database"),
            "description": _("The workers have its address as CONNECTION_<NAME>."),
            "pattern": named.NAME,
        },
        "schema": _NAME | {"title": _("Schema"), "default": "public"},
        "table": _NAME | {"title": _("Table or view")},
        "key": _NAME | {"title": _("Key"), "description": _("The column that tells rows apart.")},
        "status_column": _NAME
        | {
            "title": _("Status"),
            "description": _("The column that says which rows are new."),
        },
        "status_new": {"type": "string", "title": _("What stands there when a row is new")},
        "status_taken": {"type": "string", "title": _("What is written there when it is taken")},
        "order_key": _NAME
        | {
            "title": _("Order key"),
            "description": _(
                "A column: rows with the same in it are handled one after the other, where the"
                " processor keeps order."
            ),
        },
        "mark_column": _NAME
        | {
            "title": _("Mark"),
            "description": _(
                "For a source that cannot be written to: a column with a time or number that grows."
            ),
        },
        "mark_overlap": {
            "type": "number",
            "title": _("How far behind the last mark rows may still appear"),
            "description": _("In seconds, or in the column's own unit if it is a number."),
            "minimum": 0,
        },
        "columns": {
            "type": "array",
            "title": _("Columns of a record"),
            "description": _("One a line. Empty: all of them, as JSON."),
            "items": _NAME,
            "minItems": 1,
        },
        "body": _NAME
        | {
            "title": _("Column that is the content"),
            "description": _("In place of JSON."),
        },
        "media_type": {
            "type": "string",
            "title": _("Media type of that column"),
            "minLength": 1,
            "maxLength": 200,
        },
    },
    "required": ["connection", "table", "key"],
    "dependentRequired": {
        "status_column": ["status_new", "status_taken"],
        "mark_column": ["mark_overlap"],
    },
    "additionalProperties": False,
}
# How far a table was read means nothing in another one.
PLACE = ("connection", "schema", "table", "mark_column")


class Status(NamedTuple):
    """The column that says which rows are new, and what is written there."""

    column: str
    new: str
    taken: str


class Mark(NamedTuple):
    """A column that grows, and how far behind the last one rows may still appear.

    That is in seconds or, for a number, in the column's own unit.
    """

    column: str
    overlap: float


class Table(NamedTuple):
    """A table or view on another server. Without `columns` and `body` a record is the whole row."""

    connection: str
    schema: str
    table: str
    key: str
    order_key: str | None
    columns: tuple[str, ...]
    body: str | None
    media_type: str
    status: Status | None
    mark: Mark | None


def table(config: Mapping[str, Any]) -> Table:
    """Return what a configuration describes.

    Raises:
        WrongConfiguration: it is none.
    """
    for fault in jsonschema.Draft202012Validator(SCHEMA).iter_errors(config):
        raise WrongConfiguration(
            _(
                "The source is configured wrongly at %(where)s: %(fault)s",
                where=fault.json_path,
                fault=fault.message,
            )
        )
    if ("status_column" in config) == ("mark_column" in config):
        raise WrongConfiguration(
            _("Rows that are new are found by their status or by a mark: please name one of them.")
        )
    if "columns" in config and "body" in config:
        raise WrongConfiguration(
            _("A record is some columns or the content of one: please name only one of them.")
        )
    body = config.get("body")
    return Table(
        config["connection"],
        config.get("schema", "public"),
        config["table"],
        config["key"],
        config.get("order_key"),
        tuple(config.get("columns", ())),
        body,
        config.get("media_type") or ("text/plain; charset=utf-8" if body else "application/json"),
        _status(config) if "status_column" in config else None,
        Mark(config["mark_column"], config["mark_overlap"]) if "mark_column" in config else None,
    )


def _status(config: Mapping[str, Any]) -> Status:
    return Status(config["status_column"], config["status_new"], config["status_taken"])
