"""Jobs through Celery, mostly on RabbitMQ: the side that hands them over.

The worker's side is ours: see docs/decisions.md for why it is not Celery's.
"""

from collections.abc import Collection, Sequence

from app_srvc.engines import celery_orders
from app_srvc.engines.celery_sessions import Session, Sessions
from app_srvc.engines.celery_worker import CeleryWorker
from app_srvc.engines.protocol import Attendant, Delivery
from app_srvc.errors import EngineDown


class CeleryEngine:
    """One broker; each queue is two of its own, see `celery_broker`."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._sessions = Sessions(url)
        # What this process has sent of what it has missed: the order in which it did, by queue.
        self._sent: dict[str, dict[str, int]] = {}
        self._count = 0

    def enqueue(self, job: Delivery, *, at_front: bool = False) -> None:
        """Send a message, and wait until the broker has stored it."""
        self._publish([job], at_front=at_front)

    def enqueue_new(self, jobs: Sequence[Delivery]) -> None:
        """Send messages, and wait until the broker has stored all of them."""
        self._publish(jobs)

    def depth(self, queue: str) -> int:
        """Return how many messages wait; some may be of jobs that were cancelled meanwhile."""
        return self._sessions.ask(lambda session: session.count(queue))

    def missing(self, queue: str, ids: Sequence[str]) -> Collection[str]:
        """Guess by number: no broker tells what is in a queue.

        Where fewer messages wait than there are ids, as many are missing. The first to be taken
        for lost are those that this process has not sent lately, the longest waiting first: those
        should have been taken by now. Whoever is taken for lost wrongly is delivered twice, and
        one that is not found out now will be when those before it are gone.
        """
        short = len(ids) - self.depth(queue) if ids else 0
        sent = self._sent.get(queue, {})
        self._sent[queue] = sent = {one: sent[one] for one in ids if one in sent}
        return sorted(ids, key=lambda one: sent.get(one, 0))[: max(0, short)]

    def stop(self, job_id: str) -> None:
        """Tell all workers; whoever runs the job stops it. A message that waits stays, and finds
        nothing to do: no broker gives out one of those in a queue."""
        self._sessions.ask(lambda session: celery_orders.revoke(session.orders, job_id))

    def forget(self, queue: str, job_ids: Sequence[str]) -> None:
        """Nothing is kept: there is no store of results."""

    def stop_worker(self, name: str, *, now: bool) -> None:
        """Tell the worker by its mailbox."""
        self._sessions.ask(lambda session: celery_orders.shut_down(session.orders, name, now=now))

    def stopping(self, names: Sequence[str]) -> Collection[str]:
        """Ask the workers."""
        if not names:
            return ()
        return self._sessions.ask(lambda session: celery_orders.told_to_stop(session.orders, names))

    def is_suspended(self) -> bool:
        """There is no such thing with Celery."""
        return False

    def is_up(self) -> bool:
        """Ask the broker for a thing that every one has."""
        try:
            self._sessions.ask(Session.greet)
        except EngineDown:
            return False
        return True

    def work(self, queues: Sequence[str], name: str, attendant: Attendant) -> None:
        """Run jobs until told to stop, whatever becomes of the broker meanwhile."""
        CeleryWorker(self.url, queues, name, attendant).run()

    def _publish(self, jobs: Sequence[Delivery], *, at_front: bool = False) -> None:
        if jobs:
            self._sessions.ask(lambda session: session.publish((job, at_front) for job in jobs))
        for job in jobs:
            if job.queue in self._sent:
                self._count += 1
                self._sent[job.queue][job.id] = self._count
