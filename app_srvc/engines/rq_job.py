"""Jobs through Redis and rq: what a worker makes of a payload."""

from typing import Any, ClassVar

from rq.job import Job
from rq.timeouts import JobTimeoutException

from app_srvc.engines.protocol import Attendant, took_longer_than

CALLBACK_SECONDS = 60


class RowJob(Job):
    """Runs the row with its id. Function, callbacks and hooks named in the payload are ignored."""

    attendant: ClassVar[Attendant]

    def restore(self, raw_data: Any) -> None:
        """Read the job from Redis, and put our own callbacks in the place of what is named."""
        super().restore(raw_data)
        self._success_callback = self._succeeded
        self._failure_callback = self._failed  # type: ignore[assignment]
        self._stopped_callback = self._stopped
        self._success_callback_timeout = CALLBACK_SECONDS
        self._failure_callback_timeout = CALLBACK_SECONDS
        self._stopped_callback_timeout = CALLBACK_SECONDS
        self._dependency_ids = []
        self.webhooks = []
        self.repeats_left = self.retries_left = None

    def _execute(self) -> int | None:
        try:
            return self.attendant.perform(self.id)
        except JobTimeoutException as error:
            raise took_longer_than(int(self.timeout or 0)) from error

    def _succeeded(self, _job: Job, _connection: Any, result: int | None) -> None:
        self.attendant.on_success(self.id, result)

    def _failed(self, _job: Job, _connection: Any, _type: Any, error: Any, _tb: Any) -> None:
        self.attendant.on_failure(self.id, error)

    def _stopped(self, _job: Job, _connection: Any) -> None:
        self.attendant.on_stopped(self.id)


def job_class_for(attendant: Attendant) -> type[RowJob]:
    """Return the job class that calls `attendant`; rq makes the instances."""
    return type("AttendedJob", (RowJob,), {"attendant": attendant})
