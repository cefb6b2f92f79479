"""Try on a record what its processor would do: nothing is called, and nothing is written."""

import logging
from typing import NamedTuple

from app_srvc import db
from app_srvc.errors import Conflict
from app_srvc.processors import controlling
from app_srvc.processors.handlers import trying
from app_srvc.processors.handlers.failures import WrongConfiguration
from app_srvc.processors.handlers.protocol import Payload
from app_srvc.processors.handlers.protocol import Record as Given
from app_srvc.processors.records import payload
from app_srvc.processors.records.payload import Shown
from app_srvc.processors.repository import payloads
from app_srvc.processors.repository.history import Record
from app_srvc.words import Sentence, _

log = logging.getLogger(__name__)

# A request is to end soon.
MOST_BYTES = 2_000_000


class Rehearsal(NamedTuple):
    """What would be done: the call it would begin with, or what it would make, or why it fails."""

    lines: list[str]
    call: str | None
    writes: bool
    failure: Sentence | str | None
    output: Shown | None


def rehearse(name: str, record: Record) -> Rehearsal:
    """Let the handler do with a record all that has no effect.

    Raises:
        Conflict: the record is too large for that, or the handler cannot be made.
    """
    if record.size > MOST_BYTES:
        raise Conflict(_("It is too large to be tried out here."))
    with db.transaction() as conn:
        known = controlling.find(conn, name)
        media_type, body = payloads.body(conn, record.id) or ("", b"")
    given = Given(
        record.id, known.id, record.source_key, record.order_key, record.idem_key,
        record.attempts + 1, Payload(media_type, body),
    )  # fmt: skip
    try:
        trial = trying.dry_run(known.handler, known.config, given)
    except WrongConfiguration as error:
        raise Conflict(error.sentence) from error
    except Exception as error:  # It is perhaps a team's own; what it says may hold content.
        kind = type(error).__name__
        log.info("the handler of processor %s raised %s when tried out", known.id, kind)
        failed = _("The handler failed unexpectedly (%(kind)s).", kind=kind)
        return Rehearsal([], None, writes=False, failure=failed, output=None)
    failure = trial.failure.sentence if trial.failure else None
    return Rehearsal(trial.lines, trial.call, trial.writes, failure, _shown(trial.output))


def _shown(output: Payload | None) -> Shown | None:
    if output is None:
        return None
    body = output.body[: payload.SHOWN_BYTES]
    return payload.show(output.media_type, body, len(output.body))
