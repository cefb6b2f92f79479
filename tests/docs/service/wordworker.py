"""Count words of queued texts: `python wordworker.py`."""

from app_srvc import worker
from app_srvc.queues import Queue

if __name__ == "__main__":
    worker.run(Queue.WORDCOUNT)
