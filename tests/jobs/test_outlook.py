"""What the owner of a running job is told of its end."""

from datetime import UTC, datetime, timedelta

import pytest

from app_srvc.jobs import outlook
from app_srvc.jobs.repository.reading import Job
from app_srvc.jobs.states import State

NOW = datetime.now(UTC)
RUNNING = Job(
    id="1", queue="stt", task="t", owner=None, title="a job", size=1.0, state=State.RUNNING,
    stage="", progress=0.5, reason=None, attempt=1, failures=0, max_failures=3,
    cancel_requested=False, created_at=NOW, due_at=None, waiting_since=NOW, started_at=NOW,
    ended_at=None, taken_at=NOW, taken_progress=0.0, handed_over=False,
)  # fmt: skip


@pytest.mark.parametrize(
    ("ago", "progress", "left"),
    [
        (1, 0.5, ""),
        (60, 0.01, ""),
        (30, 0.9, "A few seconds left."),
        (60, 0.5, "About a minute left."),
        (300, 0.5, "About 5 minutes left."),
        (3600, 0.1, "About 9 hours left."),
    ],
)
def test_the_time_left_follows_the_pace_so_far(ago: float, progress: float, left: str) -> None:
    job = RUNNING._replace(taken_at=datetime.now(UTC) - timedelta(seconds=ago), progress=progress)

    assert outlook.without_place(job).left == left


def test_an_attempt_that_goes_on_where_another_ended_has_a_pace_of_its_own() -> None:
    began = datetime.now(UTC) - timedelta(seconds=60)
    job = RUNNING._replace(taken_at=began, taken_progress=0.8, progress=0.9)

    assert outlook.without_place(job).left == "About a minute left."


def test_nothing_is_said_of_the_end_of_a_job_that_does_not_run() -> None:
    job = RUNNING._replace(state=State.WAITING, taken_at=NOW - timedelta(seconds=60))

    assert outlook.without_place(job).ends_at is None
