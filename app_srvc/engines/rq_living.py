"""Jobs through Redis and rq: how a worker stays on rq's register, and hears its commands.

What rq does wrong for us, and is mended here:

- A worker that ends for want of Redis leaves its listening thread behind, as it cannot say so.
- A Redis that has forgotten everything never hears of a worker again: `heartbeat` registers it.
- The thread that listens for commands ended with some faults of Redis; nothing could be stopped.
"""

from contextlib import suppress
from typing import Any

import redis
from rq.worker_registration import register

from app_srvc.engines.rq_stopping import StoppableWorker


class LivingWorker(StoppableWorker):
    """An rq worker that shows itself for as long as it lives."""

    def register_death(self) -> None:
        """Tell Redis, if it listens."""
        with suppress(redis.RedisError):
            super().register_death()  # type: ignore[no-untyped-call]

    def unsubscribe(self) -> None:
        """End the thread that listens for commands, whether or not Redis listens."""
        thread: Any = self.pubsub_thread
        if thread and self.pubsub:
            self._has_unsubscribed = True
            thread.stop()
            with suppress(redis.RedisError):
                self.pubsub.unsubscribe()  # type: ignore[no-untyped-call]  # It wakes the thread.
            thread.join(timeout=1)
            self.pubsub.close()

    def heartbeat(self, timeout: int | None = None, pipeline: Any = None) -> None:
        """Tell Redis that the worker lives, and its name again in case Redis has lost it."""
        super().heartbeat(timeout, pipeline)
        register(self, pipeline)

    def _pubsub_exception_handler(self, exc: Exception, pubsub: Any, thread: Any) -> None:
        """Keep listening for commands whatever Redis does, until that is over."""
        if self._has_unsubscribed:
            return
        wrapped = exc if not isinstance(exc, redis.RedisError) else redis.ConnectionError(str(exc))
        super()._pubsub_exception_handler(wrapped, pubsub, thread)
