"""Submit jobs as a view does."""

from typing import Any

from app_srvc import db
from app_srvc.jobs import submission
from app_srvc.jobs.registry import TaskFunction


def submit(task: TaskFunction, *args: Any, **options: Any) -> str:
    """Submit `task(*args)` and return the job's id."""
    job_id = submission.new_id()
    known: dict[str, Any] = {"owner": None, "title": "a job"} | options
    with db.transaction() as conn:
        submission.submit(conn, task, *args, job_id=job_id, **known)
    return job_id
