"""Jobs through Celery: the side that runs them.

One thread waits for whatever comes first: a message, a signal, an order, the end of a job. A
message is acknowledged when its job's row is settled, so that one whose worker dies is delivered
again. Should the broker be away by then, it is delivered again as well, and finds nothing to do.
"""

import logging
import time
from collections.abc import Callable, Sequence
from contextlib import suppress

from app_srvc.engines import celery_broker, celery_running
from app_srvc.engines.celery_line import Line, Taken
from app_srvc.engines.celery_orders import Letterbox
from app_srvc.engines.celery_running import DIED, STOPPED, Outcome
from app_srvc.engines.celery_stopping import Requests
from app_srvc.engines.celery_telling import Voice
from app_srvc.engines.child import Child
from app_srvc.engines.protocol import Attendant

log = logging.getLogger(__name__)

RESTART_SECONDS = 1.0
# RabbitMQ cuts off who holds a message for half an hour. By now the row of its job is taken, and
# its lease says whether somebody works.
MOST_LATE_SECONDS = 600.0


class _Connected:
    """All that a worker has of one connection."""

    def __init__(self, url: str, queues: Sequence[str], name: str, requests: Requests) -> None:
        self.line = Line(url, queues)
        try:
            self.voice = Voice(url, self.line.connection, name)
            channel = self.line.connection.channel()
            self.letterbox = Letterbox(channel, name, requests.handlers(queues))
            self.line.look_up()
        except BaseException:
            self.line.close()
            raise


class CeleryWorker:
    """Runs jobs of some queues, one at a time."""

    def __init__(self, url: str, queues: Sequence[str], name: str, attendant: Attendant) -> None:
        self._url, self._queues, self._name = url, queues, name
        self._attendant = attendant
        self._errors = celery_broker.errors_of(url)
        self._requests = Requests(attendant)
        self._child: Child | None = None
        self._broker: _Connected | None = None
        self._is_down = False

    def run(self) -> None:
        """Work until told to stop, and through every absence of the broker."""
        with self._requests.listening():
            while not self._requests.is_to_stop:
                broker = self._reach()
                if broker is None:
                    self._requests.wait(RESTART_SECONDS)
                    continue
                taken = self._take(broker)
                if taken is not None:
                    self._run(taken, broker)
            self._leave()

    def _reach(self) -> _Connected | None:
        """Return the connection, which may be a new one; None while the broker is away."""
        if self._broker is None:
            try:
                self._broker = _Connected(self._url, self._queues, self._name, self._requests)
            except self._errors as error:
                self._lose(error)
                return None
            if self._is_down:
                log.info("the broker is back")
            self._is_down = False
        return self._broker

    def _lose(self, error: BaseException) -> None:
        """Note that the broker is away, and go on without."""
        if not self._is_down:
            log.warning("the broker does not answer, trying again: %s", type(error).__name__)
        self._is_down = True
        if self._broker is not None:
            self._broker.line.close()
        self._broker = None

    def _take(self, broker: _Connected) -> Taken | None:
        """Return a job, if one comes."""
        try:
            taken = broker.line.next(
                self._requests.fileno(), lambda: broker.voice.beat(is_busy=False)
            )
            self._requests.hush()
            if taken is None or not self._requests.is_to_stop:
                return taken
            taken.message.reject(requeue=True)
        except self._errors as error:
            self._lose(error)
        return None

    def _run(self, taken: Taken, broker: _Connected) -> None:
        """Run a job, and settle its row however its process ended."""
        began, child = time.monotonic(), self._fit_child()
        self._requests.about(taken.job_id)
        self._attendant.began(taken.job_id, child.kill)
        self._tell(taken, lambda voice: voice.begin(taken.job_id, taken.task))
        child.begin(celery_running.order(taken.job_id, taken.timeout_seconds))
        while (outcome := _outcome_of(child)) is None:
            if self._requests.is_to_give_back or self._requests.is_to_stop_job:
                child.bury()
            else:
                self._attend(child)
                if time.monotonic() - began > MOST_LATE_SECONDS:
                    self._acknowledge(taken, broker)
        if self._requests.is_to_stop_job:
            self._attendant.on_stopped(taken.job_id)
            outcome = Outcome(STOPPED, "")
        self._attendant.ended(taken.job_id, given_back=self._requests.is_to_give_back)
        self._requests.about(None)
        ran, how = time.monotonic() - began, outcome
        self._tell(taken, lambda voice: voice.end(taken.job_id, how, ran))
        self._acknowledge(taken, broker)

    def _attend(self, child: Child) -> None:
        """Wait for the job's end, and do meanwhile what the broker wants."""
        broker = self._reach()
        if broker is None:
            self._requests.wait(RESTART_SECONDS, child.fileno())
            return
        try:
            broker.line.attend(child.fileno(), self._requests.fileno())
            broker.voice.beat(is_busy=True)
        except self._errors as error:
            self._lose(error)
        self._requests.hush()

    def _tell(self, taken: Taken, tell: Callable[[Voice], None]) -> None:
        """Let Flower hear of a job that is to be seen there."""
        if taken.is_shown and self._broker is not None:
            try:
                tell(self._broker.voice)
            except self._errors as error:
                self._lose(error)

    def _acknowledge(self, taken: Taken, broker: _Connected) -> None:
        """Let the broker forget the message, unless it has been given to somebody else by now."""
        if broker is self._broker and not taken.message.acknowledged:
            try:
                taken.message.ack()
            except self._errors as error:
                self._lose(error)

    def _fit_child(self) -> Child:
        if self._child is not None and self._child.is_used_up():
            self._child.bury()
            self._child = None
        if self._child is None:
            run = celery_running.runner(self._attendant)
            self._child = Child(self._attendant, run, self._forget)
        return self._child

    def _forget(self) -> None:
        """Let go, in a child, of the worker's own: the broker is to see when that is gone."""
        self._requests.forget()
        if self._broker is not None:
            self._broker.line.forget()

    def _leave(self) -> None:
        """Say goodbye."""
        if self._child is not None:
            self._child.bury()
        if self._broker is not None:
            with suppress(*self._errors):
                self._broker.voice.leave()
                self._broker.line.connection.close()


def _outcome_of(child: Child) -> Outcome | None:
    """Return how the job has ended, if it has. A process may have told, and died then."""
    is_gone = child.is_gone()
    said = child.said()
    if said is not None:
        return celery_running.heard(said)
    return DIED if is_gone else None
