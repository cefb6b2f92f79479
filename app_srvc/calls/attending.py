"""What a worker of calls does for the engine: runs orders, and the jobs of rows."""

from collections.abc import Callable

from app_srvc import logs
from app_srvc.calls import known, performing, signing
from app_srvc.engines.calls import DONE, FAILED, LOST, Answer, Taken
from app_srvc.errors import DatabaseDown, PermanentError, RemoteDown, Told, TookTooLong
from app_srvc.jobs.attendance import Attendance
from app_srvc.words import _, pack

NOT_OURS = _("That is no call of ours.")
BROKEN_OFF = _("The worker was stopped. Please send it again.")


class CallAttendance:
    """Answers the calls of one worker process. `rows` looks after the jobs of rows."""

    def __init__(self, rows: Attendance, beat: Callable[[], None]) -> None:
        self._rows = rows
        self.beat = beat

    def is_told_to_stop(self) -> bool:
        """Say whether the process was told to stop."""
        return self._rows.is_told_to_stop()

    def tell_to_stop(self) -> None:
        """Remember that it was."""
        self._rows.tell_to_stop()

    def perform(self, taken: Taken) -> Answer | None:
        """Run it."""
        if taken.call:
            return _answer(taken)
        self._run_row(taken.id)
        return None

    def give_up(self, taken: Taken) -> Answer | None:
        """Record that it took too long."""
        if taken.call:
            return _failed(TookTooLong())
        self._rows.took_too_long(taken.id)
        return None

    def give_back(self, taken: Taken) -> Answer | None:
        """Let a job wait again; whoever waits for an order may send it again."""
        if taken.call:
            return Answer(LOST, pack(BROKEN_OFF))
        self._rows.ended(taken.id, given_back=True)
        return None

    def on_failure(self, job_id: str, error: BaseException) -> None:
        """Pass it on: the row of the job decides."""
        self._rows.on_failure(job_id, error)

    def _run_row(self, job_id: str) -> None:
        self._rows.attend(job_id)
        try:
            attempt = self._rows.perform(job_id)
        except Exception as error:  # As an engine does: whatever a task raises is its outcome.
            self._rows.on_failure(job_id, error)
        else:
            self._rows.on_success(job_id, attempt)
        finally:
            self._rows.leave(job_id)


def _answer(taken: Taken) -> Answer:
    words = signing.unpack(taken.id, taken.call, taken.signed)
    call = known.find(words[0]) if words else None
    if words is None or call is None or not call.is_volatile:
        return Answer(FAILED, pack(NOT_OURS))
    try:
        with logs.about(taken.id):
            return Answer(DONE, performing.run(call, words[1]))
    except (PermanentError, DatabaseDown, RemoteDown) as error:
        return _failed(error)


def _failed(error: Told) -> Answer:
    return Answer(FAILED, pack(error.sentence))
