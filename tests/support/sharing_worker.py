"""A worker that shares recordings of a few seconds: `python -m tests.support.sharing_worker`."""

from app_srvc import worker
from app_srvc.queues import Queue
from app_srvc.speech import pipeline

# To recognise as much as takes turns in earnest would take each test ten seconds.
SHORT_MS = 4000

if __name__ == "__main__":
    pipeline.SHORT_MS = SHORT_MS
    worker.run(Queue.STT, Queue.STT_SEGMENTS)
