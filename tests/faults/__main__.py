"""All faults, several times each, and what came out as a document.

    make faults                                  five times each, into docs/faults.md
    python -m tests.faults --runs 1 --only F4    one of them or some, printed

The numbers of jobs are larger than in `make test`. Ends with 1 when something is not held.
"""

import argparse
import os
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from benchmarks import machine
from tests.faults import outcomes, registry
from tests.faults.outcomes import Run, Total
from tests.support.workers import ROOT

DOCUMENT = ROOT / "docs" / "faults.md"
LARGER = {"POPPED_JOBS": "1000", "FLOOD_JOBS": "100000"}
PROSE = """# What it goes through, and what is lost

Written by `make faults`, which kills, freezes, starves and floods a running product again and
again, and counts: what was **accepted** (answered with success), what **finished**, what **failed**
with a reason, what was **lost** (neither, though accepted), and how many **effects** happened
**twice**. What is neither finished nor failed was cancelled on purpose. *Noticed* is the time from
the fault until the work went on, or somebody could read that it had failed. Each test of
`tests/faults` belongs to one of these faults (`tests/faults/registry.py`); `make test` runs each
once, with fewer jobs.

"""


class Collector:
    """Gathers what the tests tell, wherever they run."""

    def __init__(self) -> None:
        self.runs: list[Run] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep what a test told; one that was left out, for want of something, is no run."""
        told: list[Any] = [value for name, value in report.user_properties if name == "outcome"]
        fault = dict(report.user_properties).get("fault")
        if report.skipped or fault is None or (report.when != "call" and report.passed):
            return
        test = report.location[2].partition("[")[0]
        found = [outcomes.unpack(value) for value in told]
        self.runs.append(Run(str(fault), test, report.passed, found))


def main() -> None:
    """Run them, write the document, and end with 1 when something is not held."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--only", metavar="FAULT", choices=registry.FAULTS, nargs="+",
                        help="print what came out, and write nothing")  # fmt: skip
    parser.add_argument("--processes", default="4", help="tests at once; most of them wait")
    parser.add_argument(
        "--minutes", type=float, default=26, help="after which nothing is run once more"
    )
    options = parser.parse_args()
    began = time.monotonic()
    found = outcomes.totals(run(options))
    if options.only:
        found = [total for total in found if total.code in options.only]
    told = outcomes.table(found)
    print(told)
    if not options.only:
        DOCUMENT.write_text(document(told, options.runs, time.monotonic() - began))
    sys.exit(not all(is_held(total) for total in found))


def run(options: argparse.Namespace) -> list[Run]:
    """Let pytest run them: first what is measured by itself, then the others, so many at once."""
    until = time.time() + 60 * options.minutes
    os.environ.update(LARGER | {registry.RUNS: str(options.runs), registry.UNTIL: str(until)})
    wanted = {*(options.only or registry.FAULTS)}
    collector = Collector()
    for chosen, processes in (
        (wanted & registry.BY_ITSELF, "1"),
        (wanted - registry.BY_ITSELF, options.processes),
    ):
        os.environ[registry.ONLY] = " ".join(chosen)
        # All runs of a file by the same process: what it has started, it starts once.
        command = [
            "-q", "-n", processes, "--dist", "loadfile", "--no-loadscope-reorder",
            "-p", "tests.faults.repeating", str(Path("tests") / "faults"),
        ]  # fmt: skip
        if chosen:
            pytest.main(command, plugins=[collector])
    return collector.runs


def is_held(total: Total) -> bool:
    """Say whether a fault was run, and did nothing that it must not."""
    return bool(total.runs) and not total.wrong()


def document(told: str, runs: int, seconds: float) -> str:
    """Return what is written down."""
    when = (
        f"{machine.described()} Each test {runs} times, as far as the time allowed:"
        f" {seconds / 60:.0f} minutes in all.\n\n"
    )
    return PROSE + when + told


if __name__ == "__main__":
    main()
