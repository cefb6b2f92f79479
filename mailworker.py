"""Send mail, and tell webhooks when there is none: `python mailworker.py`."""

from app_srvc import worker
from app_srvc.queues import Queue

if __name__ == "__main__":
    worker.run(Queue.MAIL, Queue.WEBHOOKS)
