"""Jobs through Celery: how a worker is told to stop, itself or its job, by signals and by orders.

Nothing is raised anywhere: what was told is noted, and ends the wait for whatever comes next.
"""

import logging
import os
import select
import signal
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from app_srvc.engines.celery_orders import Handler
from app_srvc.engines.protocol import Attendant
from app_srvc.engines.signals import TOLD_BY, hear_no_more

log = logging.getLogger(__name__)


class Requests:
    """What a worker was told."""

    def __init__(self, attendant: Attendant) -> None:
        self._attendant = attendant
        self._number = 0
        self._job_id: str | None = None
        self._is_to_stop_job = False
        self._wakened, self._waking = socket.socketpair()
        for end in (self._wakened, self._waking):
            end.setblocking(False)

    @property
    def is_to_stop(self) -> bool:
        """Whether the worker is to stop, after its job."""
        return self._number > 0

    @property
    def is_to_give_back(self) -> bool:
        """Whether it is to stop now, and give its job back."""
        return self._number > 1

    @property
    def is_to_stop_job(self) -> bool:
        """Whether its job is to be stopped."""
        return self._is_to_stop_job

    def about(self, job_id: str | None) -> None:
        """Note which job orders may be about from now on."""
        self._job_id, self._is_to_stop_job = job_id, False

    def fileno(self) -> int:
        """Return what can be read as soon as something was told, or a child has ended."""
        return self._wakened.fileno()

    def hush(self) -> None:
        """Read that, as it is about to be looked at."""
        with suppress(BlockingIOError):
            while self._wakened.recv(512):
                pass

    def wait(self, seconds: float, *fds: int) -> None:
        """Wait until something was told, or one of these can be read."""
        poller = select.poll()
        for fd in (self.fileno(), *fds):
            poller.register(fd, select.POLLIN)
        poller.poll(seconds * 1000)
        self.hush()

    def forget(self) -> None:
        """Let go of what is the worker's alone, in a child of it."""
        self._wakened.close()
        self._waking.close()

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Note signals for a block; those that came before are acted on."""
        signal.set_wakeup_fd(self._waking.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        for signum in TOLD_BY:
            signal.signal(signum, lambda *_: self._stop(self._number + 1))
        if self._attendant.is_told_to_stop():
            self._stop(1)
        try:
            yield
        finally:
            hear_no_more()
            signal.set_wakeup_fd(-1)

    def handlers(self, queues: Sequence[str]) -> dict[str, Handler]:
        """Return what is done about orders. Those that only ask are Flower's."""
        return {
            "revoke": self._revoke,
            "shutdown": self._shut_down,
            "told_to_stop": lambda: self.is_to_stop,
            "ping": lambda **_: {"ok": "pong"},
            "active_queues": lambda **_: [{"name": name} for name in queues],
            "stats": lambda **_: {"pid": os.getpid(), "prefetch_count": 1, "total": {}},
        }

    def _revoke(self, task_id: str, *, terminate: bool = False, **_: Any) -> dict[str, str]:
        if terminate and task_id == self._job_id:
            self._is_to_stop_job = True
            self._wake()
        return {"ok": "told"}

    def _shut_down(self, *, now: bool = False, **_: Any) -> None:
        """A second order means no more than the first."""
        self._stop(2 if now is True else 1)

    def _stop(self, number: int) -> None:
        if not self._number:
            self._attendant.tell_to_stop()
            log.info("told to stop; a running job is finished first")
        self._number = max(self._number, number)
        if self.is_to_give_back:
            hear_no_more()
        self._wake()

    def _wake(self) -> None:
        with suppress(BlockingIOError):
            self._waking.send(b"!")
