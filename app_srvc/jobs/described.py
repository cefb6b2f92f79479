"""What programs can ask about jobs, for the description of the API."""

from datetime import datetime
from uuid import UUID

from app_srvc.api_docs.operations import MAY_BE_MISSING, Answer, Described, Operation, Shape
from app_srvc.jobs.forms import JobFilter
from app_srvc.jobs.states import State

TITLE = "Jobs"


class Job(Shape):
    """A job; `progress` is 0 to 1, `ahead` counts the waiting jobs before it."""

    id: UUID
    queue: str
    task: str
    title: str
    state: State
    message: str
    stage: str
    progress: float
    reason: str | None
    attempt: int
    cancel_requested: bool
    ahead: int | None
    begins_at: datetime | None
    ends_at: datetime | None
    left: str
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    status_url: str
    page_url: str
    result_url: str | None


class Jobs(Shape):
    """A page of a list; `next` is the address of the next one."""

    jobs: list[Job]
    next: str | None


class Standing(Shape):
    """How far a job is; `reason` says why it failed."""

    job_id: UUID
    status: State
    progress: float
    reason: str = MAY_BE_MISSING


JOB = {200: Answer("The job.", Job)}
DESCRIBED: Described = {
    "jobs_api.index": Operation({200: Answer("Jobs.", Jobs)}, query=JobFilter, refuses={422}),
    "jobs_api.show": Operation(
        JOB, query={"wait": {"type": "number", "minimum": 0, "maximum": 60}}, refuses={422}
    ),
    "jobs_api.cancel": Operation(JOB, refuses={409}),
    "jobs_api.retry": Operation(JOB, refuses={409}),
    "jobs_api.delete": Operation({204: Answer("It is gone.")}, refuses={409}),
}
