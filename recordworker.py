"""Handle records: `python recordworker.py`."""

from app_srvc import crew
from app_srvc.queues import Queue

if __name__ == "__main__":
    crew.run(lambda known: known.record_workers, Queue.CYCLES, Queue.RECORDS)
