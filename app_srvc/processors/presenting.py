"""A processor and its records as pages and programs read them."""

from datetime import datetime
from typing import Any, NamedTuple

from flask import url_for

from app_srvc import db
from app_srvc.errors import NotFound
from app_srvc.jobs.presenting import time_as_json
from app_srvc.processors.repository import reading
from app_srvc.processors.repository.boxes import Boxed
from app_srvc.processors.repository.parameters import Parameters
from app_srvc.processors.repository.reading import Standing
from app_srvc.processors.repository.sources import Source
from app_srvc.queues import Queue
from app_srvc.words import Sentence, _, ngettext, tell

# What has to be served for a processor to work.
QUEUES = (Queue.CYCLES, Queue.RECORDS)

STATUSES = {
    "new": _("new"),
    "queued": _("queued"),
    "running": _("in work"),
    "retry": _("to be tried again"),
    "uncertain": _("uncertain"),
    "dead": _("dead"),
    "done": _("done"),
}
OUTCOMES = {
    "done": _("done"),
    "retry": _("failed, to be tried again"),
    "dead": _("failed for good"),
    "uncertain": _("nobody knows whether it was done"),
    "lost": _("lost: its worker was not heard of again"),
    "given back": _("given back, nothing was done"),
    "late done": _("reported late as done, by a worker that had lost it"),
    "late failure": _("reported late as failed, by a worker that had lost it"),
}
STEPS = {"begun": _("begun, no answer"), "done": _("done"), "compensated": _("undone")}
ACTIONS = {
    "add": _("added"),
    "start": _("started"),
    "run once": _("ran once"),
    "pause": _("paused"),
    "stop": _("stopped"),
    "stop now": _("stopped at once"),
    "change": _("changed parameters"),
    "configure": _("changed the handler's configuration"),
    "source": _("changed where records come from"),
    "replay": _("let records be handled anew"),
    "replay, new key": _("let records be handled anew, with a new key"),
    "mark done": _("marked records as done"),
    "edit": _("changed what is in a record"),
    "export": _("exported records"),
    "import": _("imported records"),
}


class State(NamedTuple):
    """What a processor is doing: a name for programs, a word and a sentence for people."""

    name: str
    label: Sentence
    message: Sentence


def find(name: str) -> Standing:
    """Return how a processor stands now.

    Raises:
        NotFound: there is none of that name.
    """
    with db.transaction() as conn:
        found = reading.standings(conn, name)
    if not found:
        raise NotFound(_("There is no such processor."))
    return found[0]


def state(it: Standing) -> State:
    """Return what a processor is doing."""
    if it.desired == "running":
        return _running(it)
    if it.running:
        return _ending(it)
    if it.desired == "paused":
        nothing = _("It begins nothing until somebody starts it.")
        return State("paused", _("paused"), it.reason or nothing)
    nothing = _("It does nothing until somebody starts it.")
    return State("stopped", _("stopped"), it.reason or nothing)


def _running(it: Standing) -> State:
    if it.probe_at is not None:
        told = _("The destination does not answer. One record tries it now and then.")
        return State("down", _("destination down"), told)
    if it.once:
        return State("once", _("running once"), _("It stops when this cycle has ended."))
    if it.work is None and it.reason:
        return State("down", _("cannot be read"), it.reason)
    if it.work is None and it.next_cycle_at > it.asked_at:
        return State("waiting", _("running"), _("It waits for its next cycle."))
    if it.work is None:
        return State("waiting", _("running"), _("It waits for records."))
    return State("running", _("running"), _("A cycle is under way."))


def _ending(it: Standing) -> State:
    left = ngettext("%(num)s record is in work.", "%(num)s records are in work.", it.running)
    if it.desired == "paused":
        return State("pausing", _("pausing"), left)
    if it.halted:
        told = _("What is in work is being given back.")
        return State("halting", _("stopping now"), told)
    return State("stopping", _("stopping"), left)


def is_unserved(conn: db.Connection) -> bool:
    """Say whether a processor is to run while nobody is there to do it."""
    return bool(reading.unserved(conn, [queue.value for queue in QUEUES]))


def duration(since: datetime, now: datetime) -> str:
    """Return how long something has lasted, in digits: 0:07, 1:02:03."""
    seconds = max(0, round((now - since).total_seconds()))
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def as_json(it: Standing) -> dict[str, Any]:
    """Return what programs read about a processor.

    `counts` are of its records; of those named in `more` there are more than that.
    """
    told = state(it)
    return {
        "name": it.name,
        "title": it.title,
        "handler": it.handler,
        "desired": it.desired,
        "state": told.name,
        "message": tell(told.message),
        "reason": it.reason and tell(it.reason),
        "since": time_as_json(it.changed_at),
        "next_cycle_at": time_as_json(it.next_cycle_at) if it.desired == "running" else None,
        "probe_at": time_as_json(it.probe_at),
        "oldest_at": time_as_json(it.work.oldest_at) if it.work else None,
        "counts": {name: count.number for name, count in it.counts.items()},
        "more": [name for name, count in it.counts.items() if not count.is_all],
        "cycle": it.work
        and {
            "id": it.work.cycle_id,
            "claimed": it.work.claimed,
            "handled": it.work.handled,
            "queued": it.work.queued,
            "running": it.work.running,
            "started_at": time_as_json(it.work.started_at),
        },
        "url": url_for("processors_api.show", name=it.name),
        "page_url": url_for("processors.show", name=it.name),
    }


def with_parameters(it: Standing, known: Parameters, source: Source | None) -> dict[str, Any]:
    """Return that, and what is set of it; `version` goes along with a change."""
    return as_json(it) | {
        "version": known.version,
        "parameters": known.values,
        "config": known.config,
        "source": source and {"source": source.kind, "config": source.config},
    }


def record_as_json(it: Boxed, name: str) -> dict[str, Any]:
    """Return what programs read about a record in a box."""
    return {
        "id": it.id,
        "key": it.source_key,
        "status": it.status,
        "attempts": it.attempts,
        "lost": it.lost,
        "http_status": it.http_status,
        "error": it.error and str(it.error),
        "created_at": time_as_json(it.created_at),
        "started_at": time_as_json(it.started_at),
        "ended_at": time_as_json(it.ended_at),
        "available_at": time_as_json(it.available_at),
        "page_url": url_for("processor_records.show", name=name, record_id=it.id),
    }
