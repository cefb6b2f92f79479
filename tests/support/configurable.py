"""A handler with something of each kind to configure."""

from collections.abc import Mapping
from typing import Any

from app_srvc.processors.handlers.failures import WrongConfiguration
from app_srvc.processors.handlers.protocol import Context, Done, Record
from app_srvc.words import Sentence


class Greeter:
    """Does nothing, in as many ways as can be configured."""

    name = "greet"
    title = Sentence("Greet")
    schema: Mapping[str, Any] = {
        "type": "object",
        "properties": {
            "word": {
                "type": "string", "title": "Word", "description": "What is said.", "minLength": 2,
                "pattern": "^[a-z]+$",
            },
            "times": {"type": "integer", "minimum": 1, "maximum": 9, "default": 3},
            "share": {"type": "number", "exclusiveMinimum": 0},
            "tone": {"type": "string", "enum": ["loud", "soft"]},
            "twice": {"type": "boolean"},
            "token": {"type": "string"},
            "data": {"type": "object", "additionalProperties": {"type": "string"}},
        },
        "required": ["word"],
        "additionalProperties": False,
    }  # fmt: skip

    def __init__(self, config: Mapping[str, Any]) -> None:
        if config["word"] == "boo":
            raise WrongConfiguration(Sentence("Nobody says that."))

    def handle(self, record: Record, context: Context) -> Done:  # noqa: ARG002
        """Do nothing."""
        return Done()
