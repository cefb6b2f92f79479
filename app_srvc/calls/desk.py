"""Who waits for which call in this web process: one connection hears of all of them.

Redis tells each web process of its own calls, over one subscription; who waits is handed the
answer by a thread. What that misses while Redis is away, a look each second finds: the same one
that renews the places of those who wait, and sees who has hung up.
"""

import logging
import os
import secrets
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from queue import Empty, SimpleQueue

from app_srvc import engines
from app_srvc.engines.calls import LOST, Answer, Waiting
from app_srvc.errors import EngineDown
from app_srvc.jobs import events
from app_srvc.web import patience

log = logging.getLogger(__name__)

LOOK_SECONDS = 1.0
RECONNECT_SECONDS = 0.3
# What none of ours has answered: the client has hung up, or this process is about to stop.
LEFT, CLOSING = "left", "closing"
# Nothing may be left of a call while its answer is on its way, or its worker about to tell Redis
# again that it runs: twice proves nothing.
TIMES_GONE = 3


class Seat:
    """Where somebody waits for a call."""

    def __init__(self, waiting: Waiting, sock: socket.socket | None) -> None:
        self.waiting = waiting
        self.sock = sock
        self.times_gone = 0
        self._inbox: SimpleQueue[Answer] = SimpleQueue()

    def wait(self, seconds: float) -> Answer | None:
        """Return how the call has ended; None when it has not within so many seconds."""
        with suppress(Empty):
            return self._inbox.get(timeout=max(seconds, 0.0))
        return None

    def tell(self, answer: Answer) -> None:
        """Hand the answer over."""
        self._inbox.put(answer)


class Desk:
    """All who wait in this process."""

    def __init__(self) -> None:
        self.reply_to = f"cherha:answers:{secrets.token_hex(8)}"
        self._seats: dict[str, Seat] = {}
        self._lock = threading.Lock()
        self._look_now = threading.Event()
        self._is_started = False

    @contextmanager
    def seat(self, waiting: Waiting, sock: socket.socket | None) -> Iterator[Seat]:
        """Give a seat, before the call is let in: nothing that is told of it is missed."""
        seat = Seat(waiting, sock)
        with self._lock:
            self._seats[waiting.id] = seat
            if not self._is_started:
                self._start()
        try:
            yield seat
        finally:
            with self._lock:
                del self._seats[waiting.id]

    def _start(self) -> None:
        self._is_started = True
        for name, do in (("answers", self._listen), ("places", self._keep)):
            threading.Thread(target=do, name=name, daemon=True).start()

    def _listen(self) -> None:
        is_down = False
        while True:
            try:
                engines.for_calls().listen(self.reply_to, self._tell, self._look_now.set)
            except EngineDown as error:
                log.log(logging.DEBUG if is_down else logging.WARNING, "hears nothing: %s", error)
                is_down = True
            except Exception:
                log.exception("answers are not heard")
            else:
                is_down = False
            time.sleep(RECONNECT_SECONDS)

    def _tell(self, call_id: str, answer: Answer) -> None:
        seat = self._seats.get(call_id)
        if seat is not None:
            seat.tell(answer)

    def _keep(self) -> None:
        while True:
            self._look_now.wait(LOOK_SECONDS)
            self._look_now.clear()
            with self._lock:
                seats = dict(self._seats)
            try:
                if seats:
                    self._look(seats)
            except EngineDown as error:
                log.debug("places are not renewed: %s", error)
            except Exception:
                log.exception("places are not renewed")

    def _look(self, seats: dict[str, Seat]) -> None:
        for seat in seats.values():
            if events.hub.is_closing:
                seat.tell(Answer(CLOSING, ""))
            elif patience.is_gone(seat.sock):
                seat.tell(Answer(LEFT, ""))
        news = engines.for_calls().look([seat.waiting for seat in seats.values()])
        for call_id, seat in seats.items():
            if call_id not in news:
                seat.times_gone = 0
                continue
            seat.times_gone += 1
            answer = news[call_id]
            if answer is not None:
                seat.tell(answer)
            elif seat.times_gone >= TIMES_GONE:
                seat.tell(Answer(LOST, ""))


desk = Desk()


def _forget_desk() -> None:
    global desk  # noqa: PLW0603  # A child has none of its threads.
    desk = Desk()


os.register_at_fork(after_in_child=_forget_desk)
