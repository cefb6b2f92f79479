"""Run the function of a call, and write down what it returns."""

import asyncio
import inspect
import json
import logging
import threading
from collections.abc import Coroutine
from typing import Any

from app_srvc import db
from app_srvc.calls import repository
from app_srvc.calls.known import Call
from app_srvc.errors import DatabaseDown, PermanentError, RemoteDown, TookTooLong
from app_srvc.jobs import running
from app_srvc.words import _

log = logging.getLogger(__name__)

LARGEST_ANSWER = 256_000

# Each thread that answers calls keeps a loop: to begin one takes longer than most calls do.
_own = threading.local()


class NoAnswer(PermanentError):
    """What the function has returned is no answer."""


def run(call: Call, arguments: dict[str, Any]) -> str:
    """Return what the function returns, as JSON.

    Raises:
        PermanentError: it cannot be had; the sentence says why.
        DatabaseDown, RemoteDown: something that the function needs is away.
    """
    # Checked anew: they are what has come out of a queue.
    given = call.model.model_validate(arguments)
    values = {name: getattr(given, name) for name in call.model.model_fields}
    try:
        result = call.function(**values)
        if inspect.iscoroutine(result):
            result = _await(result, call.timeout_seconds)
    except (PermanentError, DatabaseDown, RemoteDown):
        raise
    except TimeoutError as error:
        raise TookTooLong from error
    except (Exception, SystemExit) as error:
        log.exception("%s failed", call.name)
        raise PermanentError(
            _(
                "Something went wrong inside (%(error)s); the log has the details.",
                error=type(error).__name__,
            )
        ) from error
    return _write(result)


def run_recorded(call: Call, job_id: str, arguments: dict[str, Any]) -> None:
    """Run it as the job of a row, with which its answer is kept."""
    body = run(call, arguments)
    with db.transaction() as conn:
        running.hold(conn)
        repository.keep(conn, job_id, body)


def _await(result: Coroutine[Any, Any, Any], seconds: int) -> Any:
    runner: asyncio.Runner | None = getattr(_own, "runner", None)
    if runner is None:
        runner = _own.runner = asyncio.Runner()
    return runner.run(_within(result, seconds))


async def _within(result: Coroutine[Any, Any, Any], seconds: int) -> Any:
    async with asyncio.timeout(seconds):
        return await result


def _write(result: Any) -> str:
    try:
        text = json.dumps(result, allow_nan=False, separators=(",", ":"))
    except (TypeError, ValueError, RecursionError) as error:
        raise NoAnswer(
            _("The call has returned what JSON cannot hold: %(why)s.", why=str(error))
        ) from error
    if len(text) > LARGEST_ANSWER:
        raise NoAnswer(_("The call has returned more than can be sent."))
    return text
