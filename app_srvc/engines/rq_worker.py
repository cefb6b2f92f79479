"""Jobs through Redis and rq: the side that runs them.

Thin subclasses of rq 2.12's own. What rq does wrong for us, and what is done about it here:

- A payload names any function: `rq_job` runs the row of its id and imports nothing it names.
- A horse that is killed calls nobody: `execute_job` settles the row whatever happened.
- An answer from Redis that fails after the work is done made the work count as failed: what only
  keeps Redis informed may fail.
- How it is told to stop has a list of its own, in `rq_stopping`, how it shows itself another one,
  in `rq_living`, and its horse a third one, in `rq_horse`.
- Queues were served strictly in order, so that the last starved: `reorder_queues`.
- A failed job was logged once more, with its payload: `handle_exception` leaves it to the callback.
"""

import logging
from contextlib import suppress
from typing import Any

import redis
from rq.exceptions import StopRequested
from rq.job import Job
from rq.queue import Queue

from app_srvc.engines.protocol import FIRST_IN_A_ROW, Attendant
from app_srvc.engines.rq_horse import KeptHorseWorker
from app_srvc.engines.rq_job import job_class_for

__all__ = ["RowWorker", "StopRequested"]

log = logging.getLogger(__name__)

# rq blocks for 15 s less than this before it looks round.
WORKER_TTL_SECONDS = 30
MAINTENANCE_SECONDS = 60


class RowWorker(KeptHorseWorker):
    """An rq worker that runs rows."""

    def __init__(
        self,
        queues: list[str],
        *,
        name: str,
        connection: redis.Redis,
        serializer: Any,
        attendant: Attendant,
    ) -> None:
        super().__init__(
            queues,
            name=name,
            connection=connection,
            serializer=serializer,
            job_class=job_class_for(attendant),
            worker_ttl=WORKER_TTL_SECONDS,
            maintenance_interval=MAINTENANCE_SECONDS,
            job_monitoring_interval=5,
            log_job_description=False,
        )
        self.attendant = attendant
        self.max_connection_wait_time = 2.0
        self._first_in_a_row = 0

    def reorder_queues(self, reference_queue: Any) -> None:
        """Serve the first queue first, but let the others go first after some jobs of it."""
        is_first = reference_queue == self.queues[0]
        self._first_in_a_row = self._first_in_a_row + 1 if is_first else 0
        order = 1 if self._first_in_a_row >= FIRST_IN_A_ROW else 0
        self._ordered_queues = self.queues[order:] + self.queues[:order]

    def execute_job(self, job: Job, queue: Queue) -> None:
        """Run the job in a horse, and settle its row however the horse ended."""
        given_back = False
        self._stopped_job_id = None  # What an earlier job was told is not meant for this one.
        self.attendant.began(job.id, self.kill_horse)
        try:
            super().execute_job(job, queue)
        except SystemExit:
            given_back = True
            raise
        finally:
            self.attendant.ended(job.id, given_back=given_back)

    def maintain_heartbeats(self, job: Job) -> None:
        """Tell Redis that the job is worked on, if it listens."""
        with suppress(redis.RedisError):
            super().maintain_heartbeats(job)

    def set_current_job_working_time(
        self, current_job_working_time: float, pipeline: Any = None
    ) -> None:
        """Tell Redis for how long, if it listens."""
        self.current_job_working_time = current_job_working_time
        with suppress(redis.RedisError):
            super().set_current_job_working_time(current_job_working_time, pipeline)

    def handle_execution_ended(self, job: Job, queue: Queue, heartbeat_ttl: int) -> None:
        """Tell Redis that the job has ended, if it listens: the callback comes after this."""
        with suppress(redis.RedisError):
            super().handle_execution_ended(job, queue, heartbeat_ttl)

    def handle_exception(self, job: Job, *exc_info: Any) -> None:
        """Leave it to the callback, which has logged what there is to know."""
