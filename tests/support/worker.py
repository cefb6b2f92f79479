"""A worker that also knows the tests' tasks: `python -m tests.support.worker`."""

from app_srvc import worker
from app_srvc.queues import Queue
from tests.support import tasks  # noqa: F401

if __name__ == "__main__":
    worker.run(Queue.STT, Queue.STT_SEGMENTS)
