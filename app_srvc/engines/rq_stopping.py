"""Jobs through Redis and rq: how a worker is told to stop, and heeds it.

By a signal, or through Redis from any machine. What rq does wrong for us, and is mended here:

- Two requests to stop within a second counted as one.
- A request to stop that came before rq listened was lost.
- A second command through Redis, as from a second click, stopped the running job.
- No command gave the running job back.
- A third request broke off the goodbye, and left the worker on the register and its job leased.
- The first was raised as an error wherever the main thread was when no job ran, and lost where
  errors are caught, as while the last job is settled: it breaks off the wait for a job only.
"""

import logging
import signal
import threading
import time
from collections.abc import Collection, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import redis
from rq import Worker
from rq.command import parse_payload, send_command
from rq.exceptions import StopRequested
from rq.job import Job
from rq.queue import Queue

from app_srvc.engines.protocol import Stoppable
from app_srvc.engines.signals import hear_no_more

log = logging.getLogger(__name__)

_COMMAND = "shutdown"
_NOTED = "shutdown_requested_date"
HEED_SECONDS = 10.0


def tell_to_stop(client: redis.Redis, name: str, *, now: bool) -> None:
    """Send a worker the command, which rq itself would understand, too."""
    send_command(client, name, _COMMAND, now=now)


def told_to_stop(client: redis.Redis, names: Sequence[str]) -> Collection[str]:
    """Return the names of those that have noted the request, as they do while a job runs."""
    with client.pipeline(transaction=False) as pipeline:
        for name in names:
            pipeline.hexists(f"{Worker.redis_worker_namespace_prefix}{name}", _NOTED)
        return {name for name, is_noted in zip(names, pipeline.execute(), strict=True) if is_noted}


class StoppableWorker(Worker):
    """An rq worker that stops as its protocol says."""

    attendant: Stoppable
    _has_unsubscribed = False
    _was_told_by_command = False
    _is_waiting = False

    def _install_signal_handlers(self) -> None:
        """Listen from now on; what came before this is acted on."""
        super()._install_signal_handlers()  # type: ignore[no-untyped-call]
        self._stop_requested = self.attendant.is_told_to_stop()

    def dequeue_job_and_maintain_ttl(
        self, timeout: int | None, max_idle_time: int | None = None
    ) -> tuple[Job, Queue] | None:
        """Wait for a job, which a request to stop breaks off."""
        self._is_waiting = True
        try:
            self._heed()
            return super().dequeue_job_and_maintain_ttl(timeout, max_idle_time)
        finally:
            self._is_waiting = False

    def heartbeat(self, timeout: int | None = None, pipeline: Any = None) -> None:
        """Tell Redis that the worker lives. A request to stop that was lost meanwhile is heeded."""
        self._heed()
        super().heartbeat(timeout, pipeline)

    def request_stop(self, signum: Any, frame: Any) -> None:
        """Finish the running job, then stop. A second signal stops at once."""
        self.attendant.tell_to_stop()
        log.info("told to stop; a running job is finished first")
        super().request_stop(signum, frame)  # type: ignore[no-untyped-call]

    def _shutdown(self) -> None:
        """Stop at once if this is the wait for a job, and else as soon as it is reached."""
        self._stop_requested = True
        self._heed()
        self.set_shutdown_requested_date()

    def _heed(self) -> None:
        if self._stop_requested and self._is_waiting:
            hear_no_more()
            raise StopRequested

    def request_force_stop(self, signum: Any, frame: Any) -> None:
        """Stop at once. rq takes a second signal within a second for an echo of the first."""
        hear_no_more()
        self._shutdown_requested_date = datetime.fromtimestamp(0, UTC)
        super().request_force_stop(signum, frame)

    def teardown(self) -> None:
        """Say goodbye, in peace if that is for good."""
        if self.attendant.is_told_to_stop():
            hear_no_more()
        super().teardown()  # type: ignore[no-untyped-call]

    def set_shutdown_requested_date(self) -> None:
        """Tell Redis, if it listens: this runs inside a signal handler."""
        with suppress(redis.RedisError):
            super().set_shutdown_requested_date()  # type: ignore[no-untyped-call]

    def handle_payload(self, message: Any) -> None:
        """Do as a command says. One to stop may come again, and means no more than the first."""
        told = parse_payload(message)
        if told.get("command") == _COMMAND:
            self._stop_by_command(now=told.get("now") is True)
        else:
            super().handle_payload(message)  # type: ignore[no-untyped-call]

    def _stop_by_command(self, *, now: bool) -> None:
        """Signal the main thread, which alone can be interrupted; this is the one that listens."""
        if not self._was_told_by_command and not self.attendant.is_told_to_stop():
            self._was_told_by_command = True
            _interrupt()
        if now:
            deadline = time.monotonic() + HEED_SECONDS
            while not self._has_unsubscribed and time.monotonic() < deadline:
                # Signals that are not handled yet count as one.
                if self._stop_requested:
                    _interrupt()
                    return
                time.sleep(0.02)


def _interrupt() -> None:
    number = threading.main_thread().ident
    if number is not None:
        signal.pthread_kill(number, signal.SIGINT)
