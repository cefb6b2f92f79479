"""Stop workers, on this machine and on all others that share the servers.

Each is told through the engine, which reaches every machine, and is told again until it has gone:
one that has just begun may not hear yet. A worker that was told ends with 0, which is how its
supervisor knows; one that is told again does nothing more than it was going to.
"""

import math
import signal
import time
from collections.abc import Callable

from app_srvc import engines
from app_srvc.managing import home, living, scripts
from app_srvc.managing.living import Doing, Worker
from app_srvc.processes import send

TELL_SECONDS = 1.0
LOOK_SECONDS = 0.2
# A worker that has not shown itself for so long is not going to.
SILENT_SECONDS = 10.0


def choose(queue: str | None, count: int) -> list[Worker]:
    """Return workers to stop: idle ones before those with a job, and those of this machine first.

    Those that are about to go anyway are none of them.
    """
    candidates = [one for one in living.workers(queue) if one.doing != Doing.STOPPING]
    candidates.sort(key=lambda one: (one.doing == Doing.BUSY, not one.is_here, one.name))
    return candidates[:count]


def stop_these(chosen: list[Worker], *, now: bool, watch: Callable[[list[Worker]], None]) -> int:
    """Tell some workers, and wait until they have gone. `watch` hears who is still there.

    Returns how many were told.

    Raises:
        EngineDown: they cannot be told.
        DatabaseDown: nobody knows whether they have gone.
    """
    names = {worker.name for worker in chosen}
    return _stop(
        lambda: [worker for worker in living.workers(None) if worker.name in names],
        lambda _workers: False,
        now=now,
        watch=watch,
    )


def stop_all(queue: str | None, *, now: bool, watch: Callable[[list[Worker]], None]) -> int:
    """Tell all workers of a queue, or all, and let no supervisor of this machine begin another.

    Returns and raises as `stop_these` does.
    """
    ours = _Ours(queue)
    ours.begin_no_more()
    return _stop(lambda: living.workers(queue), ours.are_there, now=now, watch=watch)


def _stop(
    left: Callable[[], list[Worker]],
    is_another_coming: Callable[[list[Worker]], bool],
    *,
    now: bool,
    watch: Callable[[list[Worker]], None],
) -> int:
    told_at: dict[str, float] = {}
    while is_another_coming(workers := left()) or workers:
        for worker in workers:
            if time.monotonic() - told_at.get(worker.name, -TELL_SECONDS) >= TELL_SECONDS:
                engines.of(worker.queues[0]).stop_worker(worker.name, now=now)
                told_at[worker.name] = time.monotonic()
        watch(workers)
        time.sleep(LOOK_SECONDS)
    return len(told_at)


class _Ours:
    """The supervisors of this machine, whose workers may not be on the register (yet)."""

    def __init__(self, queue: str | None) -> None:
        self._queue = queue
        self._silent_since: dict[int, float] = {}

    def begin_no_more(self) -> None:
        """Tell them to begin no worker any more, and to go with the last."""
        for supervisor in supervisors_here(self._queue):
            send(supervisor, signal.SIGUSR1)

    def are_there(self, workers: list[Worker]) -> bool:
        """Say whether one is still there. If its workers do not show themselves, as without their
        database, it stops them itself: nobody has told them by another way."""
        held = home.held(scripts.serving(self._queue))
        heard = {
            one.supervisor
            for one in held
            for worker in workers
            if worker.name.startswith(living.prefix(one.name))
        }
        for supervisor in {one.supervisor for one in held}:
            since = self._silent_since.setdefault(supervisor, time.monotonic())
            if supervisor in heard:
                del self._silent_since[supervisor]
            elif time.monotonic() - since >= SILENT_SECONDS:
                self._silent_since[supervisor] = math.inf
                send(supervisor, signal.SIGTERM)
        return bool(held)


def supervisors_here(queue: str | None) -> list[int]:
    """Return the numbers of the processes that keep workers running on this machine."""
    return sorted({held.supervisor for held in home.held(scripts.serving(queue))})
