"""Run a statement with each record."""

import re
from collections.abc import Mapping
from typing import Any

from app_srvc.db import Connection
from app_srvc.processors import databases, named
from app_srvc.processors.databases import Outcome, Statement
from app_srvc.processors.handlers.failures import Permanent, WrongConfiguration
from app_srvc.processors.handlers.fields import NAMESPACES, PICK, Fields, check_pick, pick
from app_srvc.processors.handlers.protocol import Context, Done, Payload, Record
from app_srvc.words import _, ngettext

# The product's own database: what is done there is done in the transaction that ends the record.
OURS = "cherha"

_PLACE = re.compile(r"%\(([a-z_][a-z0-9_]*)\)s|%%")
# A transaction is ours to end, and one statement is all that a record stands for.
_ONE = re.compile(r"\s*(SELECT|INSERT|UPDATE|DELETE|MERGE|WITH|CALL|VALUES)\b[^;]*;?\s*", re.I)


class Sql:
    """Gives values of each record to a statement."""

    name = "sql"
    title = _("Run a statement in a database")
    schema: Mapping[str, Any] = {
        "type": "object",
        "additionalProperties": False,
        "required": ["connection", "statement"],
        "properties": {
            "connection": {
                "type": "string",
                "title": _("Database"),
                "description": _(
                    "The workers have its address in their environment, as CONNECTION_<NAME>;"
                    " cherha is the product's own."
                ),
                "pattern": f"^{OURS}$|{named.NAME}",
            },
            "statement": {
                "type": "string",
                "format": "textarea",
                "title": _("Statement"),
                "description": _(
                    "Values stand in it as %(name)s, without quotes; a percent sign is doubled."
                ),
                "minLength": 1,
            },
            "expect_rows": {
                "type": "boolean",
                "title": _("It fails if it is about no row"),
                "default": False,
            },
            "parameters": {
                "type": "object",
                "title": _("Values"),
                "description": _(
                    "Where each comes from: source_key, order_key, idem_key, body, json:/place or"
                    " xpath:place."
                ),
                "propertyNames": {"pattern": "^[a-z_][a-z0-9_]*$"},
                "additionalProperties": {"type": "string", "pattern": PICK},
            },
            "namespaces": NAMESPACES,
        },
    }

    def __init__(self, config: Mapping[str, Any]) -> None:
        """Compare the statement with its values."""
        self._connection: str = config["connection"]
        self._statement: str = config["statement"]
        self._parameters: Mapping[str, str] = config.get("parameters", {})
        self._namespaces: Mapping[str, str] = config.get("namespaces", {})
        self._expects_rows: bool = config.get("expect_rows", False)
        if not _ONE.fullmatch(self._statement):
            raise WrongConfiguration(
                _("It has to be one statement that reads or changes rows, without a semicolon.")
            )
        _check_places(self._statement, self._parameters)
        for expression in self._parameters.values():
            check_pick(expression, self._namespaces)

    def handle(self, record: Record, context: Context) -> Done:
        """Run it, or leave it to the transaction that ends the record."""
        fields = Fields(record, self._namespaces)
        statement = Statement(
            self._statement,
            {name: pick(place, fields) for name, place in self._parameters.items()},
        )
        if self._connection == OURS:
            return Done(effect=lambda conn: self._run_in_ours(conn, statement))
        url = named.connection(self._connection)
        with context.call(f"SQL {self._connection}"):
            outcome = databases.run(url, statement, context.seconds_left(), self._check)
        context.log(ngettext("%(num)s row", "%(num)s rows", outcome.number))
        return Done(None if outcome.rows is None else Payload("application/json", outcome.rows))

    def _run_in_ours(self, conn: Connection, statement: Statement) -> None:
        databases.run_in_ours(conn, statement, self._check)

    def _check(self, outcome: Outcome) -> None:
        if self._expects_rows and not outcome.number:
            raise Permanent(_("The statement was about no row."))


def _check_places(statement: str, parameters: Mapping[str, str]) -> None:
    if "%" in _PLACE.sub("", statement):
        raise WrongConfiguration(
            _("In the statement, a percent sign has to be doubled unless it begins a value.")
        )
    asked = {name for name in _PLACE.findall(statement) if name}
    for name in asked ^ set(parameters):
        raise WrongConfiguration(
            _(
                "The value “%(name)s” is in the statement or in the list, but not in both.",
                name=name,
            )
        )
