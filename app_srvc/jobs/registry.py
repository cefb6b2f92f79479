"""Which functions are tasks, and how each is to be run.

A worker runs what is registered here and nothing else, whatever a message in a queue says.
Tasks stay plain functions: they take JSON values, mostly ids, and can be called in a test.
"""

import gc
import importlib
from collections.abc import Callable, Iterable
from types import ModuleType
from typing import Any, NamedTuple

from app_srvc import services
from app_srvc.db import Connection
from app_srvc.errors import PermanentError
from app_srvc.queues import Queue
from app_srvc.words import Sentence, _, tell

JOBS = "jobs.index"

TaskFunction = Callable[..., None]


class Task(NamedTuple):
    """How to run a task function.

    It is tried again after a failure until it has failed `max_failures` times, with a pause
    that begins at `pause_seconds` and doubles. `page` is the endpoint that shows its result,
    `listing` the one on which somebody finds theirs.
    `title` is what all its jobs are called; None where each is called by what it works on.
    """

    name: str
    function: TaskFunction
    queue: Queue
    max_failures: int
    pause_seconds: float
    page: str | None
    listing: str
    title: Sentence | None


_tasks: dict[str, Task] = {}
# The services' `tasks` modules, which may also hold what the functions below ask for.
_modules: list[ModuleType] = []


def task(
    queue: Queue,
    *,
    max_failures: int = 3,
    pause_seconds: float = 5.0,
    page: str | None = None,
    listing: str = JOBS,
    title: Sentence | None = None,
) -> Callable[[TaskFunction], TaskFunction]:
    """Register the decorated function as `<service>.<function>` of `queue`."""

    def register(function: TaskFunction) -> TaskFunction:
        name = name_of(function)
        _tasks[name] = Task(
            name, function, queue, max_failures, pause_seconds, page, listing, title
        )
        return function

    return register


def name_of(function: TaskFunction) -> str:
    """Return the name under which rows and log lines know a task function."""
    service = function.__module__.removesuffix(".tasks").rpartition(".")[2]
    return f"{service}.{function.__name__}"


def find(name: str) -> Task:
    """Return the task of that name.

    Raises:
        PermanentError: there is none, for example after a service was removed.
    """
    if name not in _tasks:
        raise PermanentError(_("This server does not know that kind of job any more."))
    return _tasks[name]


def page_of(name: str) -> str | None:
    """Return the endpoint that shows the result of a task; None when there is none."""
    return _tasks[name].page if name in _tasks else None


def listing_of(name: str) -> str:
    """Return the endpoint that lists the jobs of a task, among others or alone."""
    return _tasks[name].listing if name in _tasks else JOBS


def title_of(name: str) -> Sentence | None:
    """Return what all jobs of a task are called; None where each has a name of its own."""
    return _tasks[name].title if name in _tasks else None


def called_like(text: str) -> list[str]:
    """Return the tasks in whose title the reader finds a text."""
    return [
        known.name
        for known in _tasks.values()
        if known.title is not None and text.casefold() in tell(known.title).casefold()
    ]


def load() -> None:
    """Import every service's `tasks`, and so register all there are."""
    _modules.extend(it for it in services.modules("tasks") if it not in _modules)


def preload(queues: Iterable[Queue]) -> None:
    """Let the services of `queues` load what their jobs need, before the first job is forked.

    A `tasks` module may define `preload()` for that. What there is now stays: a collection of
    garbage would copy its pages into each fork.
    """
    wanted = set(queues)
    modules = {t.function.__module__ for t in _tasks.values() if t.queue in wanted}
    for name in sorted(modules):
        prepare: Callable[[], Any] | None = getattr(importlib.import_module(name), "preload", None)
        if prepare is not None:
            prepare()
    gc.freeze()


def housekeepers() -> list[Callable[[Connection], None]]:
    """Return what each service wants done now and then.

    A `tasks` module may define `keep_house(conn)` for that.
    """
    return [module.keep_house for module in _modules if hasattr(module, "keep_house")]


def ticks() -> list[Callable[[float], None]]:
    """Return what each service wants done once a second, by one process of all.

    A `tasks` module may define `tick(seconds_held)` for that; it is told for how long that process
    has done so without a gap.
    """
    return [module.tick for module in _modules if hasattr(module, "tick")]


def export(conn: Connection, task: str, job_id: str) -> dict[str, Any]:
    """Return the result of a job, for its owner to take along.

    A `tasks` module may define `export(conn, job_id)` for that; what it returns goes into JSON.
    """
    if task not in _tasks:
        return {}
    module = importlib.import_module(_tasks[task].function.__module__)
    found: Callable[[Connection, str], dict[str, Any]] | None = getattr(module, "export", None)
    return found(conn, job_id) if found else {}
