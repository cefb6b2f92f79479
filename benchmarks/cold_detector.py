"""A worker that loads nothing, so that each job has to: `python -m benchmarks.cold_detector`."""

from app_srvc import worker
from app_srvc.detection import tasks
from app_srvc.queues import Queue

if __name__ == "__main__":
    del tasks.preload
    worker.run(Queue.DETECTION)
