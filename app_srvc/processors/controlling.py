"""What an operator does to a processor. Each act is noted in the transaction that does it."""

import functools
import logging
import time
from collections.abc import Callable, Mapping
from typing import Any

from app_srvc import db
from app_srvc.accounts import access
from app_srvc.errors import Conflict, NotFound
from app_srvc.processors import handlers
from app_srvc.processors.handlers.failures import WrongConfiguration
from app_srvc.processors.lanes import waking
from app_srvc.processors.redacting import redacted
from app_srvc.processors.repository import audit, loops, parameters
from app_srvc.processors.repository.parameters import Parameters
from app_srvc.words import _

log = logging.getLogger(__name__)

# So long may one request go on with what has to be done in rounds.
REQUEST_SECONDS = 15.0
CHANGED = _("Somebody else has changed it meanwhile. Look at how it is now, and save again.")


def actor() -> str:
    """Return by which name the audit knows whoever asks."""
    return access.viewer().name


def find(conn: db.Connection, name: str) -> Parameters:
    """Return what is set of a processor.

    Raises:
        NotFound: there is none of that name.
    """
    found = parameters.find(conn, name)
    if found is None:
        raise NotFound(_("There is no such processor."))
    return found


def start(name: str) -> None:
    """Let it run from now on.

    Raises:
        NotFound: there is none of that name.
        Conflict: its handler cannot be made with what is configured.
    """
    _act(name, "start", loops.start, needs_handler=True)


def run_once(name: str) -> None:
    """Let it run one cycle, and stop then.

    Raises:
        NotFound: there is none of that name.
        Conflict: its handler cannot be made with what is configured.
    """
    _act(name, "run once", loops.run_once, needs_handler=True)


def pause(name: str) -> None:
    """Begin nothing more for now.

    Raises:
        NotFound: there is none of that name.
    """
    _act(name, "pause", loops.pause)


def stop(name: str) -> None:
    """Begin nothing more, and give back what is queued; a second time, also what is in work.

    Raises:
        NotFound: there is none of that name.
    """
    if not _act(name, "stop", loops.stop):
        _act(name, "stop now", _halt)


def add(name: str, title: str, handler: str) -> None:
    """Add a processor, which is stopped.

    Raises:
        Conflict: there is one of that name.
    """
    with db.transaction() as conn:
        processor_id = loops.add(conn, name, title, handler)
        if processor_id is None:
            raise Conflict(_("There is a processor of that name already."))
        audit.note(conn, processor_id, actor(), "add", after={"title": title, "handler": handler})


def change(name: str, version: int, values: Mapping[str, Any]) -> None:
    """Change parameters, which act at once.

    Raises:
        NotFound: there is none of that name.
        Conflict: somebody else has changed them meanwhile.
    """
    with db.transaction() as conn:
        known = find(conn, name)
        differing = {key: value for key, value in values.items() if known.values[key] != value}
        if known.version == version and not differing:
            return
        if not parameters.change(conn, known.id, version, **differing):
            raise Conflict(CHANGED)
        before = {key: known.values[key] for key in differing}
        audit.note(conn, known.id, actor(), "change", before=before, after=differing)


def configure(name: str, version: int, config: Mapping[str, Any]) -> None:
    """Change what its handler is made with.

    Raises:
        NotFound: there is none of that name.
        Conflict: somebody else has changed it meanwhile.
    """
    with db.transaction() as conn:
        known = find(conn, name)
        if not parameters.configure(conn, known.id, version, dict(config)):
            raise Conflict(CHANGED)
        keys = {key for key in {*config, *known.config} if config.get(key) != known.config.get(key)}
        before = {key: known.config[key] for key in sorted(keys) if key in known.config}
        after = {key: config[key] for key in sorted(keys) if key in config}
        audit.note(
            conn, known.id, actor(), "configure", before=redacted(before), after=redacted(after)
        )


def delete(name: str) -> bool:
    """Delete it with all its records; False when there are so many that some are left.

    Raises:
        NotFound: there is none of that name.
        Conflict: it is not stopped, or something of it is in work.
    """
    until = time.monotonic() + REQUEST_SECONDS
    while time.monotonic() < until:
        with db.transaction() as conn:
            known = find(conn, name)
            if not parameters.is_at_rest(conn, known.id):
                raise Conflict(_("Stop it first, and wait until nothing of it is in work."))
            if not parameters.delete_some(conn, known.id):
                parameters.delete(conn, known.id)
                log.info("%s deleted processor %s", access.viewer().name_in_log, known.id)
                return True
    return False


def _act(
    name: str,
    action: str,
    act: Callable[[db.Connection, int], bool],
    *,
    needs_handler: bool = False,
) -> bool:
    """Act and note it; False when there was nothing to do: of two presses one wins."""
    with db.transaction() as conn:
        known = find(conn, name)
        if needs_handler:
            try:
                handlers.make(known.handler, known.config)
            except WrongConfiguration as error:
                raise Conflict(error.sentence) from error
        if not act(conn, known.id):
            return False
        now = find(conn, name).desired
        audit.note(
            conn, known.id, actor(), action,
            before={"desired": known.desired}, after={"desired": now},
        )  # fmt: skip
        if needs_handler:
            # The tick would do it within a second.
            db.after_commit(conn, functools.partial(waking.wake_for_start, known.id))
    return True


def _halt(conn: db.Connection, processor_id: int) -> bool:
    """Halt it if something is in work: otherwise there is nothing to give back."""
    is_at_rest = parameters.is_at_rest(conn, processor_id)
    return not is_at_rest and loops.halt(conn, processor_id)


# What a button or a program names.
ACTS = {"start": start, "pause": pause, "stop": stop, "run": run_once}
