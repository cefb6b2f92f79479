"""Handlers that do to a lane what real ones might. HANDLERS names them."""

import json
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from app_srvc.processors.handlers.failures import Permanent, Transient, WrongConfiguration
from app_srvc.processors.handlers.protocol import Context, Done, Record
from tests.support import tasks

HANDLERS = ",".join(f"tests.support.handlers:{name}" for name in ("Note", "Nothing", "Deliver"))


class Nothing:
    """Does nothing."""

    name = "nothing"
    title = "Nothing"
    schema: Mapping[str, Any] = {"type": "object"}

    def __init__(self, config: Mapping[str, Any]) -> None:
        """There is nothing to configure."""

    def handle(self, record: Record, context: Context) -> Done:
        """Do nothing."""
        del record, context
        return Done()


class Note:
    """Leaves a line in a file for each record, and then does what its payload says."""

    name = "note"
    title = "Note"
    schema: Mapping[str, Any] = {"type": "object", "required": ["path"]}

    def __init__(self, config: Mapping[str, Any]) -> None:
        """Take the file's path."""
        self.path = Path(config["path"])

    def handle(self, record: Record, context: Context) -> Done:
        """Leave the line."""
        with context.call("note"), self.path.open("a") as file:
            file.write(f"{record.source_key} {context.key()} {os.getpid()}\n")
        word, _space, value = record.payload.body.decode().partition(" ")
        if word == "sleep":
            time.sleep(float(value))
        elif word == "stay":
            tasks.stay_in_c(str(self.path))
        elif word == "busy":
            raise Transient("The other side has too much to do.", is_destination=True)
        elif word == "stranger":
            raise WrongConfiguration("You are not let in.", http_status=403)
        elif word == "wrong":
            raise Permanent("That will never do.")
        elif word == "fault":
            raise KeyError("secret-detail")
        return Done()


class Deliver:
    """Takes as long for each letter as it says; to a town that is shut there is no way."""

    name = "deliver"
    title = "Deliver letters"
    schema: Mapping[str, Any] = {
        "type": "object",
        "properties": {"shut": {"type": "string", "title": "Town that is shut"}},
        "additionalProperties": False,
    }

    def __init__(self, config: Mapping[str, Any]) -> None:
        """Learn which town is shut."""
        self.shut = config.get("shut")

    def handle(self, record: Record, context: Context) -> Done:
        """Go there."""
        del context
        letter = json.loads(record.payload.body)
        if letter["town"] == self.shut:
            raise Permanent("There is no way to that town.")
        time.sleep(float(letter["seconds"]))
        return Done()
