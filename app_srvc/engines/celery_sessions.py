"""Jobs through Celery: connections of those who hand jobs over, kept for the next one."""

import os
import time
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import cached_property
from typing import Any, TypeVar

from kombu import Producer

from app_srvc.engines import celery_broker
from app_srvc.engines.protocol import Delivery
from app_srvc.errors import EngineDown

Answer = TypeVar("Answer")

# A request waits for nothing longer than for both.
CONNECT_SECONDS = 0.3
PATIENCE_SECONDS = 0.6
MOST_KEPT = 4


class NotConfirmed(OSError):
    """The broker has not said in time that it keeps a message, or has refused it."""


class Session:
    """A connection with a channel on which the broker confirms what it has stored."""

    def __init__(self, url: str) -> None:
        self._url = url
        self.connection = celery_broker.connect(url, CONNECT_SECONDS, PATIENCE_SECONDS)
        self.channel: Any = self.connection.channel()
        self._producer = Producer(self.channel, auto_declare=False)
        self._declared: set[str] = set()
        self._unconfirmed: set[int] = set()
        self._sent = 0
        self._confirms = hasattr(self.channel, "confirm_select")
        if self._confirms:
            self.channel.confirm_select()
            self.channel.events["basic_ack"].add(self._on_ack)
            self.channel.events["basic_nack"].add(self._on_nack)

    @cached_property
    def orders(self) -> Any:
        """A channel on which nothing is counted."""
        return self.connection.channel()

    def publish(self, jobs: Iterable[tuple[Delivery, bool]]) -> None:
        """Send jobs, each to the back of its queue or to the front, until all are stored."""
        for job, at_front in jobs:
            if job.queue not in self._declared:
                self.count(job.queue)
                self._declared.add(job.queue)
            body, headers, properties = celery_broker.message_of(self._url, job)
            # Without `mandatory` a queue that has been deleted would swallow it, confirmed.
            self._producer.publish(
                body, exchange="", routing_key=job.queue + celery_broker.FRONT * at_front,
                serializer="json", headers=headers, mandatory=True, **properties,
            )  # fmt: skip
            if self._confirms:
                self._sent += 1
                self._unconfirmed.add(self._sent)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while self._unconfirmed:
            left = deadline - time.monotonic()
            if left <= 0:
                raise NotConfirmed("the broker has not answered in time")
            self.connection.drain_events(timeout=left)

    def count(self, queue: str) -> int:
        """Return how many messages wait in a queue, which is made if it is not there."""
        return sum(
            int(own.bind(self.channel).queue_declare(nowait=False).message_count)
            for own in celery_broker.queues_of(queue)
        )

    def greet(self) -> None:
        """Wait for an answer of the broker."""
        if self._confirms:
            self.channel.exchange_declare("amq.direct", "direct", passive=True)
        else:
            self.channel.client.ping()

    def close(self) -> None:
        """Let go of it, without a word to a broker that may not listen."""
        self.connection.collect()

    def _on_ack(self, delivery_tag: int, multiple: bool) -> None:  # As amqp calls it.
        if multiple:
            self._unconfirmed = {tag for tag in self._unconfirmed if tag > delivery_tag}
        else:
            self._unconfirmed.discard(delivery_tag)

    def _on_nack(self, _delivery_tag: int, _multiple: bool) -> None:  # The same.
        raise NotConfirmed("the broker does not keep a message")


class Sessions:
    """The sessions of this process: one for each thread that uses one at the moment."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._errors = celery_broker.errors_of(url)
        # Appending and popping need no lock, which a fork could find taken.
        self._idle: deque[Session] = deque()
        # A child has copies of the sockets, and closes no more than those.
        os.register_at_fork(after_in_child=self._idle.clear)

    def ask(self, question: Callable[[Session], Answer]) -> Answer:
        """Put a question to the broker, once more if it has forgotten an old session.

        Raises:
            EngineDown: the broker is away.
        """
        while (session := self._take()) is not None:
            try:
                return self._ask(session, question)
            except EngineDown as error:
                if isinstance(error.__cause__, TimeoutError):
                    raise
        try:
            session = Session(self._url)
        except self._errors as error:
            raise EngineDown(f"{type(error).__name__}: {error}") from error
        return self._ask(session, question)

    def _ask(self, session: Session, question: Callable[[Session], Answer]) -> Answer:
        is_whole = False
        try:
            answer = question(session)
            is_whole = True
        except self._errors as error:
            raise EngineDown(f"{type(error).__name__}: {error}") from error
        finally:
            if is_whole and len(self._idle) < MOST_KEPT:
                self._idle.append(session)
            else:
                session.close()
        return answer

    def _take(self) -> Session | None:
        with suppress(IndexError):
            return self._idle.pop()
        return None
