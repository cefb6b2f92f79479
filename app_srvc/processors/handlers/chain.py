"""Do several things with each record, one after the other, and none of them twice."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from app_srvc.processors.handlers.chain_parts import NAME, Part, read
from app_srvc.processors.handlers.failures import (
    Failure,
    Permanent,
    WrongConfiguration,
)
from app_srvc.processors.handlers.fields import NAMESPACES, Fields
from app_srvc.processors.handlers.protocol import Context, Done, Payload, Record, Step
from app_srvc.words import _

_HANDLED: Mapping[str, Any] = {
    "handler": {"type": "string", "title": _("What it does"), "minLength": 1},
    "config": {"type": "object", "title": _("Its configuration")},
}


class Chain:
    """Hands what each step makes of a record to the next.

    A step that is done is in the journal by its name, and is not done again: when a later one
    fails, only that is tried again, also if steps were added meanwhile. A record that failed for
    good comes once more, and what was done is undone, the last first.
    """

    name = NAME
    title = _("Several steps")
    schema: Mapping[str, Any] = {
        "type": "object",
        "additionalProperties": False,
        "required": ["steps"],
        "properties": {
            "steps": {
                "type": "array",
                "title": _("Steps"),
                "minItems": 1,
                "maxItems": 100,
                "items": {
                    "type": "object",
                    "additionalProperties": False,
                    "required": ["name", "handler"],
                    "properties": {
                        "name": {
                            "type": "string",
                            "title": _("Name"),
                            "description": _(
                                "Its own in this chain. What is done is known by it, and not"
                                " repeated; with another name it is another step."
                            ),
                            "minLength": 1,
                            "maxLength": 100,
                        },
                        **_HANDLED,
                        "condition": {
                            "type": "string",
                            "title": _("Only if"),
                            "description": _('Such as record.xpath("//total") > 100.'),
                        },
                        "compensate": {
                            "type": "object",
                            "title": _("What undoes it"),
                            "additionalProperties": False,
                            "required": ["handler"],
                            "properties": _HANDLED,
                        },
                    },
                },
            },
            "namespaces": NAMESPACES,
        },
    }

    def __init__(self, config: Mapping[str, Any]) -> None:
        """Make the handlers of all steps."""
        self._namespaces: Mapping[str, str] = config.get("namespaces", {})
        self._parts = [read(number, told) for number, told in enumerate(config["steps"], 1)]
        name, count = Counter(part.name for part in self._parts).most_common(1)[0]
        if count > 1:
            raise WrongConfiguration(
                _("Two steps have the name “%(name)s”: each needs one of its own.", name=name)
            )

    def handle(self, record: Record, context: Context) -> Done:
        """Do what is not done yet; or, of a record that is given up, undo what is done."""
        if context.given_up is not None:
            self._undo(record, context)
            raise Permanent(_("%(reason)s What can be undone is undone.", reason=context.given_up))
        last: Payload | Step = record.payload
        status = None
        for part in self._parts:
            last, http_status = self._do(part, record, last, context)
            status = http_status or status
        return Done(_payload(last), status)

    def _do(
        self, part: Part, record: Record, last: Payload | Step, context: Context
    ) -> tuple[Payload | Step, int | None]:
        """Return what goes to the next step: if this one is done, as the journal has it."""
        step = part.known(context)
        if step.is_changed:
            raise WrongConfiguration(
                _(
                    "The step “%(name)s” of a record was done as it was configured before."
                    " Configure it as before, or give the changed step another name: then it is"
                    " done again.",
                    name=part.name,
                )
            )
        if step.is_done:
            return step if step.has_output else last, None
        payload = _payload(last)
        record = record._replace(payload=payload)
        if part.condition and not part.condition.holds(Fields(record, self._namespaces)):
            context.log(_("Not needed: “%(name)s”.", name=part.name))
            return payload, None
        context.renew()
        done = part.handler.handle(record, step.context)
        if not part.is_pure:
            # The journal has no second copy of what came in.
            step.finish(done._replace(output=None) if done.output == payload else done)
        return done.output or payload, done.http_status

    def _undo(self, record: Record, context: Context) -> None:
        """Undo what is done, the last first, each with the record as it came."""
        for part in reversed(self._parts):
            if part.undo is None:
                continue
            step, undoing = part.known(context), part.undo.known(context, undoes=True)
            if not step.is_done or undoing.is_done:
                continue
            try:
                context.renew()
                undoing.finish(part.undo.handler.handle(record, undoing.context))
            except Failure as failure:
                context.log(
                    _("“%(name)s” is not undone: %(why)s", name=part.name, why=failure.sentence)
                )
                raise
            step.compensated()
            context.log(_("Undone: “%(name)s”.", name=part.name))


def _payload(last: Payload | Step) -> Payload:
    """Read what a step has made, if that is in the journal only."""
    if isinstance(last, Payload):
        return last
    return last.output or Payload("", b"")
