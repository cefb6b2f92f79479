"""Look for objects in queued pictures and videos: `python detectworker.py`."""

from app_srvc import worker
from app_srvc.queues import Queue

if __name__ == "__main__":
    worker.run(Queue.DETECTION)
