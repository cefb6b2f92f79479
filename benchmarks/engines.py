"""Jobs that do nothing: ours by rq and by Celery on RabbitMQ, beside either engine by itself.

    python -m benchmarks.engines [--jobs 400] [--rounds 3] [--engine rq]

Plain rq is its own worker, which forks for each job; plain Celery has what its handbook offers
against losing jobs (quorum queue, confirms, late acknowledgement), and a result backend. Ours has
a row in PostgreSQL for each job, which is taken, kept under a lease, and ended. One worker each,
in turn; a rate is that from the first job's end to the last one's. Processor time is that of the
worker with its children and of all servers, in the same while.
"""

import argparse
import os
import statistics
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from app_srvc import worker
from app_srvc.launching import rabbitmq
from app_srvc.queues import Queue
from benchmarks import backing, figures
from benchmarks.plain_sides import PlainCelery, PlainRq
from benchmarks.sides import Ours, Round, Side

LIMIT = 2.0


def main() -> None:
    """Measure all in turn, print a table, and end with 1 when the limit is not held."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=400, help="in each of the rounds")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--engine", choices=["rq", "Celery"], help="this one alone")
    parser.add_argument("--work", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.work:
        worker.run(Queue.MAIL)
        return
    with tempfile.TemporaryDirectory(prefix="cherha-engines-") as folder:
        home = Path(folder)
        with ExitStack() as stack:
            servers = stack.enter_context(backing.started(home))
            url = os.environ["CALLS_QUEUE_URL"] = os.environ["QUEUE_URL"]
            sides: dict[str, tuple[Side, Side]] = {}
            if options.engine != "Celery":
                sides["rq"] = PlainRq(url), Ours(url)
            if options.engine != "rq":
                amqp, pid = stack.enter_context(_rabbitmq(home))
                servers = [*servers, pid]
                sides["Celery"] = PlainCelery(amqp, url), Ours(amqp)
            found: dict[str, tuple[list[Round], list[Round]]] = {}
            for _ in range(options.rounds):
                for name, pair in sides.items():
                    for side, rounds in zip(pair, found.setdefault(name, ([], [])), strict=True):
                        rounds.append(side.run(options.jobs, servers))
    figures.end(report(found))


def report(found: dict[str, tuple[list[Round], list[Round]]]) -> list[figures.Figure]:
    """Print the medians, and return what ours costs on top."""
    print(f"{'':16} {'a second':>8} {'on top':>8} {'processor':>9} {'on top':>8}"
          f" {'submitting':>10} {'alone':>7}")  # fmt: skip
    told = []
    for name, (plain, ours) in found.items():
        theirs, mine = _medians(plain), _medians(ours)
        ratio, busy_ratio = mine.each / theirs.each - 1, mine.busy / theirs.busy - 1
        _print(f"{name} by itself", theirs, "", "")
        _print(f"ours on {name}", mine, f"{ratio:.2f}x", f"{busy_ratio:.2f}x")
        told.append(
            figures.at_most(
                f"what a job that does nothing costs on top of {name}'s own",
                f"{1 / mine.each:.0f} a second",
                LIMIT,
                baseline=f"{1 / theirs.each:.0f} by itself",
                ratio=ratio,
            )
        )
    print("times in ms; on top: what ours costs more, by what it costs by itself")
    return told


def _print(name: str, found: Round, ratio: str, busy_ratio: str) -> None:
    print(f"{name:16} {1 / found.each:8.0f} {ratio:>8} {1000 * found.busy:9.2f} {busy_ratio:>8}"
          f" {1000 * found.submit:10.2f} {1000 * found.alone:7.1f}")  # fmt: skip


def _medians(rounds: list[Round]) -> Round:
    return Round(*(statistics.median(values) for values in zip(*rounds, strict=True)))


@contextmanager
def _rabbitmq(home: Path) -> Iterator[tuple[str, int]]:
    server = rabbitmq.rabbitmq_server(home)
    child = server.child()
    child.start()
    assert child.wait_until(server.is_ready, 120)
    try:
        yield server.url, int((home / "rabbitmq" / "rabbitmq.pid").read_text())
    finally:
        child.signal()
        child.wait(60)


if __name__ == "__main__":
    main()
