"""Quick calls through Redis and rq: the threads of a worker, each of which runs one at a time.

A thread that has nothing to do waits at the lists of all its queues, and Redis wakes one of those
that wait for each call. As long as there is more, a single script ends a call and begins the next.
"""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress

import redis

from app_srvc.engines.calls import Answer, CallAttendant, Taken
from app_srvc.engines.rq_hand import Entry, Hand

log = logging.getLogger(__name__)

PAUSE_SECONDS = 0.3
# An answer that Redis does not take before the process has to go: nobody hears of it.
LAST_TRIES = 20


class Slots:
    """All threads of a worker, and what they have at work."""

    def __init__(
        self, url: str, queues: Sequence[str], name: str, attendant: CallAttendant, lease_ms: int
    ) -> None:
        self.url = url
        self.queues = list(queues)
        self.name = name
        self.attendant = attendant
        self.lease_ms = lease_ms
        self.is_closed = False
        self.is_held_back = False
        self._lock = threading.Lock()
        self._running: set[Entry] = set()
        self._slots: list[_Slot] = []

    def start(self, threads: int) -> None:
        """Begin to take calls."""
        self._slots = [_Slot(self, number) for number in range(threads)]
        for slot in self._slots:
            slot.start()

    def hand(self) -> Hand:
        """Return a connection of its own for a thread."""
        return Hand(self.url, self.queues, self.name, self.lease_ms)

    def close(self, client: redis.Redis) -> None:
        """Take nothing more, and wake those that wait. It may have to be said again."""
        self.is_closed = True
        for slot in self._slots:
            if slot.is_alive() and slot.waits_as is not None:
                with suppress(redis.RedisError):
                    client.client_unblock(slot.waits_as)

    def are_idle(self) -> bool:
        """Say whether all has ended, after `close`; what was given up does not count."""
        return not any(slot.is_alive() and not slot.is_given_up for slot in self._slots)

    def running(self) -> list[Entry]:
        """Return what runs."""
        with self._lock:
            return list(self._running)

    def enter(self, entry: Entry) -> None:
        """Note that it runs."""
        with self._lock:
            self._running.add(entry)

    def leave(self, entry: Entry, *, given_up: bool = False) -> bool:
        """Note that it has ended; False when somebody else has noted that before."""
        with self._lock:
            if entry not in self._running:
                return False
            self._running.discard(entry)
            entry.is_given_up = given_up
        return True

    def give_up_overdue(self) -> bool:
        """End what takes too long in the place of its thread; True when there was any."""
        now = time.monotonic()
        overdue = [entry for entry in self.running() if entry.overdue_at < now]
        self._settle(overdue, self.attendant.give_up)
        return bool(overdue)

    def give_back(self) -> None:
        """Break off what runs: the process is about to end."""
        self.is_closed = True
        self._settle(self.running(), self.attendant.give_back)

    def _settle(self, entries: list[Entry], settle: Callable[[Taken], Answer | None]) -> None:
        for entry in entries:
            if self.leave(entry, given_up=True):
                answer = settle(entry.taken)
                with suppress(redis.RedisError, OSError):
                    self.hand().finish(entry, answer, wants_next=False)


class _Slot(threading.Thread):
    def __init__(self, slots: Slots, number: int) -> None:
        super().__init__(name=f"slot-{number}", daemon=True)
        self.waits_as: int | None = None
        self._entry: Entry | None = None
        self._slots = slots
        self._hand: Hand | None = None
        self._is_down = False

    @property
    def is_given_up(self) -> bool:
        """Whether what it runs, or has run too late, was ended in its place."""
        return self._entry is not None and self._entry.is_given_up

    def run(self) -> None:
        """Take calls and answer them."""
        taken: Taken | None = None
        while taken is not None or not self._slots.is_closed:
            try:
                if self._hand is None:
                    self._hand = self._slots.hand()
                taken = self._wait(self._hand) if taken is None else self._answer(taken)
                self._is_down = False
            except (redis.RedisError, OSError) as error:
                taken = None
                self._lose(error)
            except Exception:
                taken = None
                log.exception("a call could not be answered")
                time.sleep(PAUSE_SECONDS)
            if self.is_given_up:
                return

    def _wait(self, hand: Hand) -> Taken | None:
        if self._slots.is_held_back:
            time.sleep(PAUSE_SECONDS)
            return None
        self.waits_as = hand.number
        try:
            return hand.wait()
        finally:
            self.waits_as = None

    def _answer(self, taken: Taken) -> Taken | None:
        assert self._hand is not None  # noqa: S101  # It has taken the call.
        self._entry = entry = Entry(taken, self._hand.execution)
        self._slots.enter(entry)
        answer = self._slots.attendant.perform(taken)
        return self._finish(entry, answer) if self._slots.leave(entry) else None

    def _finish(self, entry: Entry, answer: Answer | None) -> Taken | None:
        """Tell Redis, however long that takes; while the process stays."""
        wants_next, tries = True, 0
        while True:
            try:
                if self._hand is None:
                    self._hand = self._slots.hand()
                wants_next = wants_next and not self._slots.is_closed
                return self._hand.finish(entry, answer, wants_next=wants_next)
            except (redis.RedisError, OSError) as error:
                # Should it have begun another one, that is not known here, and lost.
                wants_next, tries = False, tries + 1
                self._lose(error)
                if self._slots.is_closed and tries > LAST_TRIES:
                    raise

    def _lose(self, error: Exception) -> None:
        if not self._is_down:
            log.warning("redis does not answer, trying again: %s", error)
        self._is_down, self._hand = True, None
        time.sleep(PAUSE_SECONDS)
