"""What `manage_worker.py` can be asked for."""

import argparse

from app_srvc import numbers
from app_srvc.queues import Queue

MOST = 256
_number = numbers.argument(MOST)

_EPILOG = """\
It needs the environment of the worker scripts: DATABASE_URL, QUEUE_URL, STORAGE_URL, SECRET_KEY.
What each worker prints is in CHERHA_HOME/logs; without CHERHA_HOME, in .cherha/logs.
It ends with 0 when all is done, and with 2 when it could not be, or could not be asked for."""

_START = """\
Start N workers for a queue on this machine, away from the terminal, and begin anew those that die.
Those for records share one process, and so do those for calls. Without --queue, N of each kind are
started; without -n, one of each, and as many as RECORD_WORKERS and CALL_WORKERS say."""

_STOP = """\
Stop N workers, idle ones first, or all; on every machine that shares the servers. Each finishes
the job that it runs, and is waited for; Ctrl-C ends the waiting alone. With --now it gives the
job back, and another worker goes on with it. Workers of this machine come before others."""

_STATUS = """\
Show the workers that live, on every machine that shares the servers. It ends with 0 when there
is one, and with 1 when there is none."""


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """Return what is asked for; help and errors end the process."""
    parser = argparse.ArgumentParser(
        prog="manage_worker.py",
        description="Start, stop and show workers.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    start = _command(commands, "start", "start workers on this machine", _START)
    start.add_argument("-n", type=_number, metavar="N", dest="count", help="how many")
    _add_queue(start, "which queue they are to serve")

    stop = _command(commands, "stop", "stop workers, wherever they run", _STOP)
    which = stop.add_mutually_exclusive_group(required=True)
    which.add_argument("-n", type=_number, metavar="N", dest="count", help="how many")
    which.add_argument("--all", action="store_true", help="all of them")
    _add_queue(stop, "only those that serve this queue")
    stop.add_argument("--now", action="store_true", help="do not finish jobs, give them back")

    status = _command(commands, "status", "show the workers that live", _STATUS)
    status.add_argument("--json", action="store_true", help="for programs")
    return parser.parse_args(arguments)


def _command(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
    name: str,
    short: str,
    text: str,
) -> argparse.ArgumentParser:
    return commands.add_parser(
        name, help=short, description=text, formatter_class=argparse.RawDescriptionHelpFormatter
    )


def _add_queue(command: argparse.ArgumentParser, text: str) -> None:
    names = [queue.value for queue in Queue]
    command.add_argument("--queue", choices=names, metavar="Q", help=f"{text}: {', '.join(names)}")
