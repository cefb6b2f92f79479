"""Ask a service that is elsewhere: in turn, with patience, and with a sentence when it will not.

SpeechRecognition does not try again. OpenAI's client would, but keeps its turn while it pauses,
and stays for up to two minutes where a job can be put back; so it is told not to.
"""

import logging
import random
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, wait
from typing import NamedTuple, TypeVar

from app_srvc import retry_after, settings
from app_srvc.errors import PermanentError, RemoteDown
from app_srvc.speech.recognisers import turns
from app_srvc.speech.recognisers.offers import CALL_TIMEOUTS, REMOTE_TRIES
from app_srvc.words import _

log = logging.getLogger(__name__)

# Doubled with each try, and up to half as long again: those that failed together come back apart.
PAUSE_SECONDS = 1.0
# Whoever is asked for more than this is put back into the queue, and lets others work.
LONGEST_PAUSE_SECONDS = 20.0
MOST_PAUSE_SECONDS = 3600.0
_PASSING = {408, 409, 425, 429}

Answer = TypeVar("Answer")


class Service(NamedTuple):
    """A service: its name, and the variables in which its operator set it up."""

    name: str
    key_setting: str
    other_settings: str


def ask(service: Service, call: Callable[[], Answer]) -> Answer:
    """Return what `call` returns; try again, after a pause, when it says that the service is down.

    Raises:
        RemoteDown: it is down, or so busy that it should not be waited for here.
        PermanentError: it refuses.
    """
    for number in range(REMOTE_TRIES):
        with turns.turn(service.name):
            try:
                return _in_time(service, call)
            except RemoteDown as error:
                down = error
        pause = down.pause_seconds or PAUSE_SECONDS * 2**number * random.uniform(1, 1.5)  # noqa: S311
        if pause > LONGEST_PAUSE_SECONDS or number == REMOTE_TRIES - 1:
            break
        log.info("%s asking again in %.1f s", down, pause)
        time.sleep(pause)
    raise down


def _in_time(service: Service, call: Callable[[], Answer]) -> Answer:
    """Return what `call` returns, or give it up.

    The time-outs of a connection begin anew with each byte: a service that sends one now and then
    would be waited for until the job's own time is over. The call that was given up ends with
    this process, or when its connection does.
    """
    future: Future[Answer] = Future()

    def run() -> None:
        try:
            future.set_result(call())
        except BaseException as error:  # It is raised where it is waited for.
            future.set_exception(error)

    threading.Thread(target=run, name=service.name, daemon=True).start()
    seconds = CALL_TIMEOUTS * settings.load().remote_timeout_seconds
    wait([future], seconds)
    if not future.done():
        raise no_answer(service, TimeoutError())
    return future.result()


def refusal(service: Service, status: int, headers: Mapping[str, str]) -> Exception:
    """Return what is to be raised when a service answers with a status that is no success."""
    log.warning("%s answers with status %d", service.name, status)
    if status in {401, 403}:
        return PermanentError(
            _(
                "%(service)s refuses the key of this server. Its operator has to look at"
                " %(settings)s.",
                service=service.name,
                settings=service.key_setting,
            )
        )
    if status in _PASSING or status >= 500:
        sentence = _("%(service)s does not answer just now (status %(status)s).")
        told = sentence % {"service": service.name, "status": status}
        return RemoteDown(told, retry_after.seconds(headers, MOST_PAUSE_SECONDS))
    return PermanentError(
        _(
            "%(service)s does not take what this server asks of it (status %(status)s). Its"
            " operator has to look at %(settings)s.",
            service=service.name,
            status=status,
            settings=service.other_settings,
        )
    )


def no_answer(service: Service, error: BaseException) -> RemoteDown:
    """Return what is to be raised when a service cannot be reached or is too slow."""
    log.info("%s: %s", service.name, type(error).__name__)
    told = _("%(service)s cannot be reached just now, or is too slow.", service=service.name)
    return RemoteDown(told)


def nonsense(service: Service) -> RemoteDown:
    """Return what is to be raised when the answer cannot be understood."""
    sentence = _("%(service)s has answered something that cannot be understood.")
    return RemoteDown(sentence % {"service": service.name})
