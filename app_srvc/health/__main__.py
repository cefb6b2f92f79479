"""Tell a platform whether a worker lives: `python -m app_srvc.health worker --help`."""

import argparse
import socket
import sys
from typing import NamedTuple

from app_srvc import db, processes, settings
from app_srvc.errors import DatabaseDown
from app_srvc.health.repository import standing
from app_srvc.queues import Queue

# A worker shows itself every five seconds.
WITHIN_SECONDS = 30.0


class Answer(NamedTuple):
    """Whether all is well, and why, in a sentence."""

    is_well: bool
    sentence: str


def main(arguments: list[str] | None = None) -> None:
    """Print the answer; the exit status is 0 if all is well and 1 if not."""
    asked = _parser().parse_args(arguments)
    try:
        answer = _worker(asked)
    except settings.WrongSetting as error:
        sys.exit(str(error))
    except DatabaseDown:
        # To end workers then would help nobody: they wait for it, and go on with what they have.
        answer = Answer(True, "The database does not answer; nobody knows how the worker is.")
    (sys.stdout if answer.is_well else sys.stderr).write(f"{answer.sentence}\n")
    sys.exit(not answer.is_well)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m app_srvc.health", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    worker = commands.add_parser("worker", help="is there a worker that shows that it lives?")
    worker.add_argument(
        "--within", type=float, default=WITHIN_SECONDS, metavar="SECONDS",
        help="how long ago it may have done so (default: %(default).0f)",
    )  # fmt: skip
    worker.add_argument(
        "--host", default=socket.gethostname(), help="the host that it runs on (default: this one)"
    )
    worker.add_argument(
        "--queue", choices=[queue.value for queue in Queue], help="a queue that it has to serve"
    )
    return parser


def _worker(asked: argparse.Namespace) -> Answer:
    """Look for a worker that was seen and is still there; of another host that cannot be told."""
    with db.transaction() as conn:
        found = standing.workers_of(conn, asked.host, asked.queue)
    if not found:
        return Answer(False, f"No worker on {asked.host} is known that should be alive.")
    lately = [worker for worker in found if worker.seconds <= asked.within]
    if not lately:
        return Answer(
            False, f"{found[0].name} was the last to show itself, {found[0].seconds:.0f} s ago."
        )
    for worker in lately:
        if asked.host != socket.gethostname() or processes.command_of(worker.pid) is not None:
            return Answer(True, f"{worker.name} showed itself {worker.seconds:.0f} s ago.")
    return Answer(False, f"{lately[0].name} has ended without a word.")


if __name__ == "__main__":
    main()
