"""Whether all is well, and if not, what is not and where somebody can do something about it."""

from collections.abc import Iterator
from typing import NamedTuple

from flask import url_for

from app_srvc import queues, settings
from app_srvc.admission.overview import Row
from app_srvc.admission.refusals import Kind
from app_srvc.ops import wording
from app_srvc.ops.repository.queues import QueueStanding
from app_srvc.ops.snapshot import Overview
from app_srvc.processors import presenting
from app_srvc.processors.repository.reading import Standing
from app_srvc.words import Sentence, _, ngettext

# What waits for longer, though somebody works, is told.
SLOW_SECONDS = 600.0
# A queue that is filled to this share will soon take nothing more; so will a server.
NEARLY_FULL = 0.8
# So many failures in the last minutes, and at least half of all, are no accident.
MANY_FAILURES = 5
LONG_TRANSACTION_SECONDS = 300.0


class Problem(NamedTuple):
    """What is not well: a name for programs, a sentence for people, and where to act.

    One that is `loud` keeps work from being done.
    """

    name: str
    message: Sentence
    url: str
    is_loud: bool = False


def problems(seen: Overview) -> list[Problem]:
    """Return all that is not well, the worst first."""
    found = [
        *_of_staff(seen),
        *_of_servers(seen),
        *(problem for queue in seen.queues for problem in _of_queue(queue)),
        *(problem for row in seen.limits for problem in _of_limit(row)),
        *(problem for it in seen.processors for problem in _of_processor(it)),
        *_of_outbox(seen),
    ]
    return sorted(found, key=lambda problem: not problem.is_loud)


def _of_staff(seen: Overview) -> Iterator[Problem]:
    is_anybody_there = any(queue.workers for queue in seen.queues)
    if not is_anybody_there:
        told = _("No worker is alive: nothing is done, and nothing is watched over.")
        yield Problem("no workers", told, "#workers", is_loud=True)
    unserved = [queue for queue in seen.queues if not queue.workers]
    yield from (_waiting_in_vain(queue) for queue in unserved if queue.waiting)
    if is_anybody_there:
        for them in wording.served([queue.name for queue in unserved if not queue.waiting]):
            told = _("No living worker serves the queue “%(queue)s”.", queue=them)
            yield Problem("unserved", told, "#queues")
    silent = [worker for worker in seen.workers if not worker.is_alive]
    if silent:
        told = ngettext(
            "%(num)s worker has gone without a word within the last hour.",
            "%(num)s workers have gone without a word within the last hour.",
            len(silent),
        )
        yield Problem("silent workers", told, "#workers")


def _waiting_in_vain(queue: QueueStanding) -> Problem:
    told = ngettext(
        "%(num)s job waits in the queue “%(queue)s”, and no living worker serves it.",
        "%(num)s jobs wait in the queue “%(queue)s”, and no living worker serves it.",
        queue.waiting,
        queue=queues.label(queue.name),
    )
    return Problem("unserved", told, jobs_url(queue.name, "waiting"), is_loud=True)


def jobs_url(queue: str, state: str) -> str:
    """Return the address of the list of jobs of a queue in a state."""
    return url_for("jobs.index", state=state, queue=queue)


def _of_servers(seen: Overview) -> Iterator[Problem]:
    if seen.delivered is None:
        told = _("The queue server does not answer. What is submitted is kept, and waits for it.")
        yield Problem("queue server", told, "#servers", is_loud=True)
    if seen.room is None:
        told = _("The storage cannot be reached: no file can be taken, and none read.")
        yield Problem("storage", told, "#servers", is_loud=True)
    elif seen.room.is_full:
        free = wording.size(seen.room.free or 0)
        told = _("No file is taken any more: only %(free)s are free.", free=free)
        yield Problem("storage", told, "#servers", is_loud=True)
    server = seen.postgresql
    if server.connections > NEARLY_FULL * server.max_connections:
        told = _(
            "PostgreSQL has %(number)s connections of at most %(max)s.",
            number=server.connections,
            max=server.max_connections,
        )
        yield Problem("connections", told, "#servers")
    if server.longest_seconds > LONG_TRANSACTION_SECONDS:
        age = wording.span(server.longest_seconds)
        told = _("A transaction in PostgreSQL has been open for %(age)s.", age=age)
        yield Problem("long transaction", told, "#servers")


def _of_queue(queue: QueueStanding) -> Iterator[Problem]:
    name, waiting = queues.label(queue.name), jobs_url(queue.name, "waiting")
    if queue.workers and (queue.oldest_seconds or 0) > SLOW_SECONDS:
        told = _(
            "In the queue “%(queue)s” a job has waited for %(age)s.",
            queue=name,
            age=wording.span(queue.oldest_seconds or 0),
        )
        yield Problem("slow queue", told, waiting)
    most = settings.load().most_waiting(queue.name)
    if most is not None and queue.waiting and queue.waiting >= NEARLY_FULL * most:
        told = _(
            "The queue “%(queue)s” is nearly full: %(number)s of at most %(max)s jobs.",
            queue=name,
            number=queue.waiting,
            max=most,
        )
        yield Problem("full queue", told, waiting)
    if queue.failed >= MANY_FAILURES and queue.failed >= queue.done:
        told = _("In the queue “%(queue)s” at least half of the jobs fail just now.", queue=name)
        yield Problem("failing queue", told, "#failures")


def _of_limit(row: Row) -> Iterator[Problem]:
    kind = row.standing.limit.kind
    # That one client is refused who sends too much is as it should be, and not told here.
    if row.refused.hour and kind is not Kind.RATE:
        told = ngettext(
            "“%(limit)s” was full: %(num)s request was refused within the last hour.",
            "“%(limit)s” was full: %(num)s requests were refused within the last hour.",
            row.refused.hour,
            limit=row.standing.label,
        )
        yield Problem("refusals", told, "#limits")
    if row.opened.hour:
        told = ngettext(
            "“%(limit)s”: %(num)s request was let in uncounted within the last hour, as the queue "
            "server did not answer.",
            "“%(limit)s”: %(num)s requests were let in uncounted within the last hour, as the "
            "queue server did not answer.",
            row.opened.hour,
            limit=row.standing.label,
        )
        yield Problem("let in uncounted", told, "#limits")


def _of_processor(it: Standing) -> Iterator[Problem]:
    state = presenting.state(it)
    if state.name == "down":
        told = _("%(processor)s: %(message)s", processor=it.title, message=state.message)
        yield Problem("processor down", told, url_for("processors.show", name=it.name))
    for status in ("dead", "uncertain"):
        count = it.counts[status]
        if not count.number:
            continue
        told = ngettext(
            "%(processor)s: %(num)s record waits for a decision (%(status)s).",
            "%(processor)s: %(num)s records wait for a decision (%(status)s).",
            count.number,
            processor=it.title,
            status=presenting.STATUSES[status],
        )
        url = url_for("processor_records.index", name=it.name, status=status)
        yield Problem(f"{status} records", told, url)


def _of_outbox(seen: Overview) -> Iterator[Problem]:
    if seen.outbox.failed:
        told = ngettext(
            "%(num)s mail could not be sent.",
            "%(num)s mails could not be sent.",
            seen.outbox.failed,
        )
        yield Problem("failed mail", told, url_for("mail.index"))
