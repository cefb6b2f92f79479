"""Carries fresh jobs to the engine behind the back of the requests that submitted them.

The rows stand already; so nobody waits for the queue's server, whether it is quick, hangs or is
gone, and what is submitted at the same moment travels together. What this process takes with it
when it is killed, the dispatcher misses a moment later.
"""

import logging
import threading
from queue import SimpleQueue

from app_srvc import engines
from app_srvc.engines.protocol import Delivery
from app_srvc.errors import EngineDown
from app_srvc.jobs import submission

log = logging.getLogger(__name__)

MOST_AT_ONCE = 100
# Until the server is asked again; what waits meanwhile is the dispatcher's.
PAUSE_SECONDS = 1.0


class Courier:
    """A thread of a web process."""

    def __init__(self) -> None:
        self._waiting: SimpleQueue[Delivery | None] = SimpleQueue()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="courier", daemon=True)

    def start(self) -> None:
        """Take over all first deliveries of this process."""
        self._thread.start()
        submission.let_carry(self._waiting.put)

    def stop(self) -> None:
        """Carry what is left, and go."""
        self._stopping.set()
        self._waiting.put(None)
        self._thread.join(timeout=PAUSE_SECONDS)

    def _run(self) -> None:
        is_last = False
        while not is_last:
            jobs = self._next()
            is_last = None in jobs
            self._carry([job for job in jobs if job is not None])

    def _next(self) -> list[Delivery | None]:
        """Wait for a job, and return it with those that have come meanwhile; None is the end."""
        jobs = [self._waiting.get()]
        while jobs[-1] is not None and len(jobs) < MOST_AT_ONCE and not self._waiting.empty():
            jobs.append(self._waiting.get())
        return jobs

    def _carry(self, jobs: list[Delivery]) -> None:
        by_engine: dict[engines.Engine, list[Delivery]] = {}
        for job in jobs:
            by_engine.setdefault(engines.of(job.queue), []).append(job)
        for engine, its_jobs in by_engine.items():
            self._carry_by(engine, its_jobs)

    def _carry_by(self, engine: engines.Engine, jobs: list[Delivery]) -> None:
        try:
            engine.enqueue_new(jobs)
        except EngineDown as error:
            log.warning("%d jobs wait in the database for the queue: %s", len(jobs), error)
            self._stopping.wait(PAUSE_SECONDS)
            self._leave_to_the_dispatcher()
        except Exception:
            log.exception("%d jobs wait in the database for the dispatcher", len(jobs))

    def _leave_to_the_dispatcher(self) -> None:
        """Forget what has come while the server was away: it has missed it by now."""
        for _ in range(self._waiting.qsize()):
            if self._waiting.get() is None:
                self._waiting.put(None)
                return
