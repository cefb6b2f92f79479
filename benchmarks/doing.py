"""A task of ours that does nothing."""

from app_srvc.jobs.registry import task
from app_srvc.queues import Queue


@task(Queue.MAIL)
def nothing() -> None:
    """Do nothing."""
