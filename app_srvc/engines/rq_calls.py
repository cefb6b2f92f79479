"""Quick calls through Redis and rq: the side of whoever waits for them."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

import redis
from rq.utils import as_text, utcformat

from app_srvc.engines import rq_clients, rq_scripts, rq_warming
from app_srvc.engines.calls import Answer, CallAttendant, Let, Order, Standing, Waiting
from app_srvc.engines.rq_clients import PATIENCE_SECONDS, redis_or_down
from app_srvc.engines.rq_slots import Slots
from app_srvc.engines.rq_wire import Wire, Wires

# An order of which nothing is left but its hash.
LONGEST_LIFE_SECONDS = 3600
# How long a subscriber hears nothing before it asks whether the server is still there, and again
# before it believes that it is not.
SILENCE_SECONDS = 10.0


class RqCalls:
    """One Redis server. A place is held for `lease_seconds`, unless it is renewed."""

    def __init__(self, url: str, lease_seconds: int) -> None:
        self.url = url
        self.lease_ms = 1000 * lease_seconds

    def submit(self, order: Order, limit: int, most_waiting: int) -> Let:
        """Let the order in, and put it into its queue as rq would."""
        with self._wire() as wire:
            return Let(wire.run(
                rq_scripts.SUBMIT,
                order.id, order.place, limit, self.lease_ms, order.queue, most_waiting,
                LONGEST_LIFE_SECONDS, order.call, order.signed, order.reply_to,
                order.timeout_seconds, utcformat(datetime.now(UTC)),
            ))  # fmt: skip

    def reserve(self, job_id: str, place: str, limit: int) -> bool:
        """Let the job in."""
        with self._wire() as wire:
            return bool(wire.run(rq_scripts.SUBMIT, job_id, place, limit, self.lease_ms))

    def release(self, job_id: str, place: str) -> None:
        """Give its place back."""
        with self._wire() as wire:
            wire.say("ZREM", f"cherha:places:{place}", job_id)

    def withdraw(self, order: Order) -> bool:
        """Take it out of its list, with all that there is of it."""
        with self._wire() as wire:
            return bool(wire.run(rq_scripts.WITHDRAW, order.id, order.place, order.queue))

    def keep(self, call_id: str, owner: str, seconds: int) -> Answer | None:
        """Mark its hash."""
        with self._wire() as wire:
            found = wire.run(rq_scripts.KEEP, call_id, owner, seconds)
        return Answer(as_text(found[0]), as_text(found[1])) if found else None

    def find(self, call_id: str) -> Standing | None:
        """Read its hash."""
        with self._wire() as wire:
            found = [_text(word) for word in wire.run(rq_scripts.FIND, call_id)]
        if not found:
            return None
        owner, kind, body = found
        return Standing(owner, Answer(kind, body) if kind else None)

    def look(self, waiting: Sequence[Waiting]) -> dict[str, Answer | None]:
        """Ask for all of them at once."""
        words: list[str | int] = [self.lease_ms]
        for one in waiting:
            words += [one.id, one.place, int(one.has_row)]
        with self._wire() as wire:
            told = [as_text(word) for word in wire.run(rq_scripts.LOOK, *words)]
        return {
            told[n]: None if told[n + 1] == "gone" else Answer(told[n + 1], told[n + 2])
            for n in range(0, len(told), 3)
        }

    def taken(self, places: Sequence[str]) -> list[int]:
        """Count what has not run out."""
        with self._wire() as wire:
            return [int(number) for number in wire.run(rq_scripts.TAKEN, *places)]

    def listen(
        self, reply_to: str, tell: Callable[[str, Answer], None], ready: Callable[[], None]
    ) -> None:
        """Subscribe, and hear until the connection breaks.

        Raises:
            EngineDown: it has.
        """
        wire = Wire(self._client(connect_seconds=1.0, answer_seconds=SILENCE_SECONDS))
        with redis_or_down(), closing(wire):
            wire.send("SUBSCRIBE", reply_to)
            for kind, *said in _messages(wire):
                if kind == b"subscribe":
                    ready()
                elif kind == b"message":
                    call_id, how, body = said[-1].decode().split(" ", 2)
                    tell(call_id, Answer(how, body))

    def work(
        self, queues: Sequence[str], name: str, attendant: CallAttendant, threads: int
    ) -> None:
        """Run a warm worker."""
        rq_warming.work(Slots(self.url, queues, name, attendant, self.lease_ms), threads)

    @contextmanager
    def _wire(self) -> Iterator[Wire]:
        with redis_or_down(), self._wires.lend() as wire:
            yield wire

    @cached_property
    def _wires(self) -> Wires:
        return Wires(
            self._client(connect_seconds=PATIENCE_SECONDS, answer_seconds=PATIENCE_SECONDS)
        )

    def _client(self, *, connect_seconds: float, answer_seconds: float) -> redis.Redis:
        return rq_clients.client(
            self.url, connect_seconds=connect_seconds, answer_seconds=answer_seconds, protocol=2
        )


def _messages(wire: Wire) -> Iterator[list[Any]]:
    """Hear messages until the connection breaks, of which each begins with its kind."""
    is_asked = False
    while True:
        try:
            yield wire.overhear()
            is_asked = False
        except redis.TimeoutError:
            if is_asked:
                raise
            wire.send("PING")
            is_asked = True


def _text(value: object) -> str:
    return as_text(value) if isinstance(value, bytes | str) else ""
