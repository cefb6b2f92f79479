"""The steps of a chain, as they are configured."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from app_srvc.processors import handlers
from app_srvc.processors.handlers.failures import WrongConfiguration
from app_srvc.processors.handlers.protocol import Context, Handler, Step
from app_srvc.processors.handlers.templates import Condition
from app_srvc.words import _

NAME = "chain"
# In the journal, what undoes a step stands behind all steps.
_UNDOING = 1000


class Part(NamedTuple):
    """A step as it was configured, or what undoes it; the digest says how."""

    number: int
    name: str
    digest: str
    handler: Handler
    condition: Condition | None = None
    undo: "Part | None" = None

    @property
    def is_pure(self) -> bool:
        """Say whether nothing is lost, and nothing harmed, when it is done again."""
        return getattr(self.handler, "is_pure", False)

    def known(self, context: Context, *, undoes: bool = False) -> Step:
        """Return what the journal says of it."""
        return context.step(
            self.number, self.name, self.digest, undoes=undoes, undoable=self.undo is not None
        )


def read(number: int, told: Mapping[str, Any]) -> Part:
    """Return a step as a configuration tells of it.

    Raises:
        WrongConfiguration: it does not make sense.
    """
    name = told["name"]
    undo = told.get("compensate")
    try:
        made = Part(
            number,
            name,
            _digest(told),
            _made(told),
            Condition(told["condition"]) if told.get("condition") else None,
            Part(_UNDOING + number, name, _digest(undo), _made(undo)) if undo else None,
        )
        if made.undo and made.is_pure:
            raise WrongConfiguration(_("It does nothing that could be undone."))
    except WrongConfiguration as error:
        raise WrongConfiguration(
            _("In step “%(name)s”: %(fault)s", name=name, fault=error.sentence)
        ) from None
    return made


def _made(told: Mapping[str, Any]) -> Handler:
    if told["handler"] == NAME:
        raise WrongConfiguration(_("A chain cannot be a step of a chain."))
    return handlers.make(told["handler"], told.get("config", {}))


def _digest(told: Mapping[str, Any]) -> str:
    """Return what tells one configuration of a handler from another."""
    text = json.dumps([told["handler"], told.get("config", {})], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()
