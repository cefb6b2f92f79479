"""Queues as rqmonitor's views expect them."""

from dataclasses import dataclass

from flask import request

from app_srvc.monitor import effects, jobs, queues


@dataclass(frozen=True)
class ListedQueue:
    """A queue, with what rqmonitor's views ask of it."""

    name: str

    @property
    def count(self) -> int:
        """How many deliveries wait in it."""
        return jobs.count(self.name, "queued")

    def empty(self) -> None:
        """Cancel what waits in it."""
        effects.empty_queue(self.name)

    def delete(self, **_named: object) -> None:
        """Cancel what waits in it, and list it no more until something comes."""
        effects.delete_queue(self.name)


def listed() -> list[ListedQueue]:
    """Return all queues to who looks, and to who acts on several those that they have ticked.

    Raises:
        BadRequest: they have ticked none.
    """
    if request.method == "GET":
        return [ListedQueue(name) for name in queues.names()]
    return [ListedQueue(name) for name in queues.chosen(request.form.getlist("queues[]"))]
