"""Jobs through Celery: a worker's connection to the broker, in one thread, where nothing waits for
ever and nothing is lost with it: what is not acknowledged is delivered again, to whomever."""

import select
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, NamedTuple

from kombu import Consumer

from app_srvc.engines import celery_broker
from app_srvc.engines.protocol import FIRST_IN_A_ROW

CONNECT_SECONDS = 4.0
# A broker that takes longer to answer is taken for one that is away.
ANSWER_SECONDS = 8.0
# What is silent for twice as long is cut off, by either side.
HEARTBEAT_SECONDS = 8
# Where there is no socket to wait on.
POLL_SECONDS = 0.2
LOOK_SECONDS = 1.0
# A queue that was empty is not asked again for so long, while others hold something.
EMPTY_SECONDS = 0.05
LONGEST_TIMEOUT_SECONDS = 7 * 86400


class Taken(NamedTuple):
    """What a message says, of which nothing is believed but that it came."""

    job_id: str
    task: str
    timeout_seconds: int
    is_shown: bool
    message: Any


class Line:
    """A connection with consumers. Each method raises what `errors_of` the broker says."""

    def __init__(self, url: str, queues: Sequence[str]) -> None:
        self.connection = celery_broker.connect(
            url, CONNECT_SECONDS, ANSWER_SECONDS, HEARTBEAT_SECONDS
        )
        self._socket = celery_broker.socket_of(self.connection)
        self._channel: Any = self.connection.channel()
        self._own = [
            [queue.bind(self._channel) for queue in celery_broker.queues_of(name)]
            for name in queues
        ]
        for queue in (queue for pair in self._own for queue in pair):
            queue.queue_declare(nowait=False)
        self._ask_at: dict[str, float] = {}
        self._first_in_a_row = 0
        self._waiting: list[Any] = []

    def close(self) -> None:
        """Let go of it. What is not acknowledged goes to others."""
        self.connection.collect()

    def forget(self) -> None:
        """Close this process's copy of it, in a child of the one whose it is."""
        if self._socket is not None:
            self._socket.close()

    def next(self, fd: int, beat: Callable[[], None]) -> Taken | None:
        """Return a job, or None when `fd` can be read first, or soon. While it waits, it calls
        `beat` about once a second."""
        message = self._look() or self._await(fd, beat)
        return None if message is None else _read(message)

    def look_up(self) -> None:
        """Do what the broker asks; where there is no socket to wait on, it is also to hear so that
        somebody listens."""
        if self._socket is None:
            self._drain(0.001)
            return
        while self._can_be_read():
            self._drain(ANSWER_SECONDS)
        self.connection.heartbeat_check()

    def attend(self, *fds: int) -> None:
        """Wait until one of these can be read, but not for long, and do what the broker asks."""
        if self._socket is None and len(fds) == 1:
            self._drain(POLL_SECONDS)
            return
        poller = select.poll()
        for fd in fds if self._socket is None else (*fds, self._socket.fileno()):
            poller.register(fd, select.POLLIN)
        if not self._has_buffered():
            poller.poll(1000 * (LOOK_SECONDS if self._socket else POLL_SECONDS))
        self.look_up()

    def _look(self) -> Any:
        """Return a message that is there already. The first queue goes first, mostly."""
        order = 1 if self._first_in_a_row >= FIRST_IN_A_ROW else 0
        for pair in (*self._own[order:], *self._own[:order]):
            for queue in pair:
                message = self._ask(queue)
                if message is not None:
                    is_first = pair is self._own[0]
                    self._first_in_a_row = self._first_in_a_row + 1 if is_first else 0
                    return message
        return None

    def _ask(self, queue: Any) -> Any:
        now = time.monotonic()
        if now < self._ask_at.get(queue.name, 0.0):
            return None
        message = queue.get(accept=["json"])
        if message is None:
            self._ask_at[queue.name] = now + EMPTY_SECONDS
        return message

    def _await(self, fd: int, beat: Callable[[], None]) -> Any:
        """Wait for a message. Those that come at the same moment go back to their queues."""
        with self._consuming():
            while not self._waiting and not _is_readable(fd):
                beat()
                self.attend(fd)
        found, self._waiting[:] = [*self._waiting], []
        self._ask_at.clear()
        for message in found[1:]:
            message.reject(requeue=True)
        return found[0] if found else None

    @contextmanager
    def _consuming(self) -> Iterator[None]:
        consumer = Consumer(
            self._channel, [queue for pair in self._own for queue in pair], accept=["json"],
            on_message=self._waiting.append, auto_declare=False, prefetch_count=1,
        )  # fmt: skip
        consumer.consume()
        yield
        consumer.cancel()

    def _drain(self, seconds: float) -> None:
        with suppress(TimeoutError):
            self.connection.drain_events(timeout=seconds)

    def _has_buffered(self) -> bool:
        return bool(getattr(self._socket, "pending", int)())

    def _can_be_read(self) -> bool:
        return self._has_buffered() or _is_readable(self._socket.fileno())


def _is_readable(fd: int) -> bool:
    poller = select.poll()
    poller.register(fd, select.POLLIN)
    return bool(poller.poll(0))


def _read(message: Any) -> Taken:
    """Return what a message says, as far as it can be understood."""
    headers = message.headers if isinstance(message.headers, dict) else {}
    limits = headers.get("timelimit")
    seconds = limits[0] if isinstance(limits, list) and limits else None
    if not isinstance(seconds, int) or not 0 < seconds <= LONGEST_TIMEOUT_SECONDS:
        seconds = LONGEST_TIMEOUT_SECONDS
    return Taken(
        str(headers.get("id") or ""),
        str(headers.get("task") or ""),
        seconds,
        headers.get(celery_broker.SHOWN) is True,
        message,
    )
