"""Do what `manage_worker.py` is asked for, and say what was done."""

import argparse
import os
import sys

from app_srvc import engines, settings
from app_srvc.errors import CannotStart, DatabaseDown, EngineDown
from app_srvc.managing import arguments, home, living, presenting, scripts, starting, stopping
from app_srvc.managing.living import Worker
from app_srvc.managing.presenting import count

CANNOT = 2
INTERRUPTED = 130


def main(given: list[str] | None = None) -> None:
    """Do it, and end the process with what came of it."""
    asked = arguments.parse(given)
    do = {"start": _start, "stop": _stop, "status": _status}[asked.command]
    try:
        _check_settings(asked)
        code = do(asked)
    except (settings.WrongSetting, CannotStart) as error:
        code = _complain(str(error))
    except DatabaseDown:
        code = _complain("PostgreSQL does not answer, and it alone knows which workers live.")
    except EngineDown:
        code = _complain(f"The queue server does not answer, so nobody hears.{_without(asked)}")
    except KeyboardInterrupt:
        _complain("What was told to begin or to stop does so by itself.")
        code = INTERRUPTED
    sys.exit(code)


def _check_settings(asked: argparse.Namespace) -> None:
    """Read the settings as the workers will, so that a wrong one is found here."""
    if asked.command == "start" and asked.count is not None:
        for script in scripts.serving(asked.queue):
            if script.is_crew:
                os.environ[script.number_setting] = str(asked.count)
    settings.load()


def _start(asked: argparse.Namespace) -> int:
    crowd = starting.crowd(asked.queue, asked.count)
    if crowd is not None:
        _complain(
            f"Warning: that makes {count(crowd.workers)} on {count(crowd.cores, 'core')}; more"
            " than there are cores make nothing that computes faster."
        )
    started = starting.start(asked.queue, asked.count)
    for one in started:
        names = ", ".join(one.names)
        _say(f"Started {names}: {count(one.workers)}, kept running by process {one.supervisor}.")
    _say(f"What they print is in {home.logs()}.")
    if not starting.wait_until_there(started):
        _complain("They do not show themselves yet; they begin as soon as their servers answer.")
    return 0


def _stop(asked: argparse.Namespace) -> int:
    waiting = _Waiting(asked)
    if not all(engine.is_up() for engine in engines.every()):
        raise EngineDown
    if asked.all:
        stopped = stopping.stop_all(asked.queue, now=asked.now, watch=waiting.look)
    else:
        chosen = stopping.choose(asked.queue, asked.count)
        stopped = stopping.stop_these(chosen, now=asked.now, watch=waiting.look)
    _say(f"{count(stopped)} stopped." if stopped else "There is none to stop.")
    return 0


def _status(asked: argparse.Namespace) -> int:
    workers = living.workers(None)
    if not all(engine.is_up() for engine in engines.every()):
        _complain("The queue server does not answer; the workers wait for it.")
    if asked.json:
        _say(presenting.as_json(workers))
    else:
        _say(presenting.as_table(workers) if workers else "No worker lives.")
    return 0 if workers else 1


class _Waiting:
    """Tells once for how many jobs it has to wait."""

    def __init__(self, asked: argparse.Namespace) -> None:
        self._is_told = asked.now  # Nothing is waited for then.

    def look(self, workers: list[Worker]) -> None:
        """See who is still there."""
        busy = [worker for worker in workers if worker.job_id is not None]
        if busy and not self._is_told:
            self._is_told = True
            _say(f"{count(len(busy), 'job')} to be finished first; Ctrl-C ends only the waiting.")


def _without(asked: argparse.Namespace) -> str:
    """Say how to stop the workers of this machine without the queue server."""
    pids = " ".join(map(str, stopping.supervisors_here(asked.queue)))
    return f" `kill {pids}` stops those that are kept running on this machine." if pids else ""


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _complain(text: str) -> int:
    sys.stderr.write(f"{text}\n")
    return CANNOT
