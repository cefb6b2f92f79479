"""Run jobs of some queues, one at a time: what every worker script calls."""

import logging
import os
import secrets
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from app_srvc import engines, logs, settings, storage
from app_srvc.jobs import registry
from app_srvc.jobs.attendance import Attendance
from app_srvc.jobs.dispatcher import Dispatcher
from app_srvc.queues import Queue

log = logging.getLogger(__name__)


def run(*queues: Queue) -> None:
    """Work until SIGTERM or SIGINT: the running job is finished first. A second one stops the job
    too and gives it back, to begin again on another worker where it left off."""
    with attending(*queues) as attendance:
        engines.serving(queues).work(queues, attendance.name, attendance)


@contextmanager
def attending(*queues: Queue) -> Iterator[Attendance]:
    """Be a worker of these queues, on the register, with a candidate for the dispatcher's post."""
    try:
        logs.configure()
        storage.check_settings()
    except settings.WrongSetting as error:
        sys.exit(str(error))
    name = _new_name()
    attendance = Attendance(name, queues)
    attendance.listen_for_signals()
    registry.load()
    try:
        engines.serving(queues)  # Or say at once what is wrong with their URLs.
        registry.preload(queues)
    except settings.WrongSetting as error:
        sys.exit(str(error))

    dispatcher = Dispatcher(attendance.gate)
    attendance.start()
    dispatcher.start()
    log.info("worker %s serves %s", name, ", ".join(queues))
    try:
        yield attendance
    finally:
        dispatcher.stop()
        attendance.stop()
        log.info("worker %s has stopped", name)


def _new_name() -> str:
    """Return a name that no worker ever had: what a dead one holds is not this one's."""
    given = settings.load().worker_name
    parts = [socket.gethostname(), given, str(os.getpid()), secrets.token_hex(3)]
    return "-".join(part for part in parts if part)
