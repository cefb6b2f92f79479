"""Run jobs of some queues, one at a time: what every worker script calls."""

import logging
import os
import secrets
import socket
import sys

from app_srvc import engines, logs, settings
from app_srvc.jobs import registry
from app_srvc.jobs.attendance import Attendance
from app_srvc.jobs.dispatcher import Dispatcher
from app_srvc.queues import Queue

log = logging.getLogger(__name__)


def run(*queues: Queue) -> None:
    """Work until SIGTERM or SIGINT: the running job is finished first. A second one stops the job
    too and gives it back, to begin again on another worker where it left off."""
    try:
        logs.configure()
    except settings.WrongSetting as error:
        sys.exit(str(error))
    name = _new_name()
    attendance = Attendance(name, queues)
    attendance.listen_for_signals()
    registry.load()
    try:
        engine = engines.serving(queues)
        registry.preload(queues)
    except settings.WrongSetting as error:
        sys.exit(str(error))

    dispatcher = Dispatcher(attendance.gate)
    attendance.start()
    dispatcher.start()
    log.info("worker %s serves %s", name, ", ".join(queues))
    try:
        engine.work(queues, name, attendance)
    finally:
        dispatcher.stop()
        attendance.stop()
        log.info("worker %s has stopped", name)


def _new_name() -> str:
    """Return a name that no worker ever had: what a dead one holds is not this one's."""
    given = settings.load().worker_name
    parts = [socket.gethostname(), given, str(os.getpid()), secrets.token_hex(3)]
    return "-".join(part for part in parts if part)
