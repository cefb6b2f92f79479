"""Workers of calls: several processes out of one, each with several threads.

A call that hangs cannot be ended alone, as a job in a process of its own can. So its process
finishes its other calls and is replaced; and should one hold Python's lock, so that nothing else
in its process gets on, the process is killed as soon as it has been silent for too long.
"""

import argparse
import sys

from app_srvc import crew, engines, numbers, settings, worker
from app_srvc.calls import known
from app_srvc.calls.attending import CallAttendance
from app_srvc.crew import Pulse
from app_srvc.queues import CALLS, Queue

MOST_SILENCE_SECONDS = 20.0
MOST = 64
_number = numbers.argument(MOST)


def run(queues: tuple[Queue, ...] = CALLS) -> None:
    """Answer calls as the command line says, until told to stop: what runs is finished first."""
    asked = _parse(len(queues))
    wanted = crew.prepare(*queues)
    try:
        known.check_settings()
    except settings.WrongSetting as error:
        sys.exit(str(error))
    served = queues[asked.levels[0] : asked.levels[1] + 1]
    threads = asked.threads or wanted.call_threads

    def work(pulse: Pulse) -> None:
        with worker.attending(*served) as rows:
            attendant = CallAttendance(rows, pulse.beat)
            engines.for_calls().work(served, rows.name, attendant, threads)

    crew.watch(asked.processes or wanted.call_workers, work, MOST_SILENCE_SECONDS)


def _parse(levels: int) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Answer quick calls.")
    parser.add_argument(
        "--levels", type=_levels, default=(0, levels - 1), metavar="A-B",
        help="serve only these, such as 0-4; without it all",
    )  # fmt: skip
    parser.add_argument(
        "--processes", type=_number, metavar="P", help="how many; without it CALL_WORKERS"
    )
    parser.add_argument(
        "--threads", type=_number, metavar="T",
        help="how many calls each runs at once; without it CALL_THREADS",
    )  # fmt: skip
    return parser.parse_args()


def _levels(text: str) -> tuple[int, int]:
    first, _, last = text.partition("-")
    lowest = numbers.read(first)
    highest = numbers.read(last or first, most=len(CALLS) - 1)
    if lowest is None or highest is None or lowest > highest:
        raise argparse.ArgumentTypeError(f"must be like 0-4, within 0 to {len(CALLS) - 1}")
    return lowest, highest
