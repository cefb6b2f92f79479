"""Workers as rqmonitor's views expect them, and telling them to stop."""

from rq import Worker
from rq.command import send_shutdown_command
from rq.worker import BaseWorker

from app_srvc.errors import NotFound
from app_srvc.monitor import redis_side
from app_srvc.words import _


class ReadWorker(Worker):
    """A worker that is only looked at."""

    @property
    def default_worker_ttl(self) -> int:
        """What rq has renamed."""
        return self.worker_ttl

    @classmethod
    def all(cls, *_args: object, **_named: object) -> list[BaseWorker]:
        """Return all workers, by name."""
        found = super().all(connection=redis_side.connection())
        return sorted(found, key=lambda worker: worker.name)

    @classmethod
    def find_by_key(cls, worker_key: str, *_args: object, **_named: object) -> BaseWorker:
        """Return one worker.

        Raises:
            NotFound: it has ended.
        """
        found = super().find_by_key(worker_key, connection=redis_side.connection())
        if found is None:
            raise NotFound(_("There is no such worker; it has ended."))
        return found


class NoDns:
    """Stands in for `socket`: a name that DNS does not know holds up a request for seconds."""

    gaierror = OSError

    @staticmethod
    def gethostbyname(name: str | None) -> str:
        """Return the name itself, which says where the worker is."""
        return name or "?"


def stop(names: list[str]) -> None:
    """Tell workers to finish their jobs and stop.

    Raises:
        NotFound: one has ended already; the others were told.
    """
    client = redis_side.connection()
    gone = []
    for name in names:
        if client.exists(Worker.redis_worker_namespace_prefix + name):
            send_shutdown_command(client, name)
        else:
            gone.append(name)
    if gone:
        raise NotFound(_("There is no such worker; it has ended."))
