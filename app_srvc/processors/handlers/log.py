"""Write a line about each record: to try a processor out."""

from collections.abc import Mapping
from typing import Any

from app_srvc.processors.handlers.protocol import Context, Done, Record
from app_srvc.words import _, ngettext


class Log:
    """Notes of each record how large it is."""

    name = "log"
    is_pure = True
    title = _("Write a line")
    schema: Mapping[str, Any] = {"type": "object", "additionalProperties": False}

    def __init__(self, config: Mapping[str, Any]) -> None:
        """There is nothing to configure."""

    def handle(self, record: Record, context: Context) -> Done:
        """Write it."""
        size = len(record.payload.body)
        context.log(
            ngettext(
                "%(media_type)s, %(num)s byte",
                "%(media_type)s, %(num)s bytes",
                size,
                media_type=record.payload.media_type,
            )
        )
        return Done(output=record.payload)
