"""Make quick calls of functions.

`@call(about=…)` lets a function be called under its name. Its parameters are those of the function,
with their annotations; pydantic's `Field` in an `Annotated` narrows them. It may be `async`. A
`volatile` call is in Redis only: a crash loses it, and its client is told so. Any other is recorded
as jobs are, and is run again when a worker dies.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from app_srvc.calls import known, performing
from app_srvc.calls.known import Call
from app_srvc.jobs import registry
from app_srvc.queues import CALLS
from app_srvc.words import Sentence

Function = TypeVar("Function", bound=Callable[..., Any])

DEFAULT_TIMEOUT_SECONDS = 30

_tasks: dict[str, registry.TaskFunction] = {}


def call(
    *, about: Sentence, volatile: bool = False, timeout_seconds: int = DEFAULT_TIMEOUT_SECONDS
) -> Callable[[Function], Function]:
    """Let the decorated function be called.

    Raises:
        TypeError: a parameter has no annotation or cannot be one, or the name is taken.
    """

    def declare(function: Function) -> Function:
        model = known.model_of(function)
        made = Call(
            function.__name__, function, model, about, known.parameters_of(model), volatile,
            timeout_seconds,
        )  # fmt: skip
        known.add(made)
        if not volatile:
            _tasks[made.name] = _task_of(made)
        return function

    return declare


def task_of(made: Call) -> registry.TaskFunction:
    """Return the task that runs a recorded call: `task(job_id, arguments)`."""
    return _tasks[made.name]


def _task_of(made: Call) -> registry.TaskFunction:
    def run(job_id: str, arguments: dict[str, Any]) -> None:
        performing.run_recorded(made, job_id, arguments)

    # Jobs of all calls belong to this service, whichever has declared them.
    run.__module__, run.__name__ = "app_srvc.calls.tasks", made.name
    return registry.task(CALLS[5], page="calls_api.result")(run)
