"""Quick calls through Redis and rq: what one thread of a worker says to Redis."""

import secrets
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from rq.utils import as_text, utcformat

from app_srvc import numbers
from app_srvc.engines import rq_clients, rq_scripts
from app_srvc.engines.calls import Answer, Taken
from app_srvc.engines.rq_wire import Wire

BLOCK_SECONDS = 10
ANSWER_SECONDS = 5.0
# An answer to which nobody listened is kept, in case the one who waits has just reconnected.
UNHEARD_SECONDS = 60
DEFAULT_TIMEOUT_SECONDS = 60
# What an asynchronous call may take longer than it may, to end by itself.
GRACE_SECONDS = 1.0


class Entry:
    """A call that runs. Whoever gives it up ends it in the place of its thread."""

    def __init__(self, taken: Taken, execution: str) -> None:
        self.taken = taken
        self.execution = execution
        self.is_given_up = False
        self.overdue_at = time.monotonic() + taken.timeout_seconds + GRACE_SECONDS


class Hand:
    """One connection to Redis, and what is said over it."""

    def __init__(self, url: str, queues: Sequence[str], name: str, lease_ms: int) -> None:
        self._queues, self._name, self._lease_ms = " ".join(queues), name, lease_ms
        client = rq_clients.client(
            url, connect_seconds=ANSWER_SECONDS, answer_seconds=BLOCK_SECONDS + ANSWER_SECONDS
        )
        self._wire = Wire(client)
        self.number = int(self._wire.say("CLIENT", "ID"))
        self.execution = ""
        self._keys = [f"rq:queue:{queue}" for queue in queues]
        self._prefix, self._count = secrets.token_hex(6), 0

    def wait(self) -> Taken | None:
        """Wait for a call and begin with it; None when there was none for long, or no more."""
        popped = self._wire.say("BLPOP", *self._keys, BLOCK_SECONDS)
        if popped is None:
            return None
        queue = as_text(popped[0]).removeprefix("rq:queue:")
        return self._taken(
            self._wire.run(rq_scripts.BEGIN, *self._head(), popped[1], queue, self._queues)
        )

    def finish(self, entry: Entry, answer: Answer | None, *, wants_next: bool) -> Taken | None:
        """Tell how a call has ended, and begin with another one if there is any."""
        taken, told = entry.taken, answer or Answer("", "")
        return self._taken(self._wire.run(
            rq_scripts.FINISH, *self._head(), int(wants_next), taken.id, taken.queue, taken.place,
            entry.execution, taken.reply_to, told.kind, told.body, UNHEARD_SECONDS, self._queues,
        ))  # fmt: skip

    def _head(self) -> list[str | int]:
        self._count += 1
        self.execution = f"{self._prefix}{self._count:x}"
        moment = utcformat(datetime.now(UTC))
        return [self._name, self.execution, self._lease_ms, moment]

    def _taken(self, told: Any) -> Taken | None:
        if not told:
            return None
        job_id, queue, place, timeout, call, signed, reply = map(as_text, told)
        seconds = numbers.read(timeout)
        if seconds is None:
            seconds = DEFAULT_TIMEOUT_SECONDS
        return Taken(job_id, queue, place, seconds, call, signed, reply)
