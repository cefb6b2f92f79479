"""Imports: lines a second of CSV and JSON lines, and the memory that a large XML file takes.

    python -m benchmarks.imports [--lines 100000] [--rounds 3] [--megabytes 1000]

Baselines, in the same run and on the same server: each line parsed and inserted on its own, in
one transaction, and all lines copied as they are into a table of one column without an index. The
import does more than either: keys, batches that stand on their own, faults, known records. The
best round of each counts. Memory is the kernel's (VmHWM) of a process that imports once.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from app_srvc import db, storage
from app_srvc.jobs import submission
from app_srvc.processors import tasks
from app_srvc.processors.importing import work
from app_srvc.processors.importing.items import Format, Options
from app_srvc.processors.repository import imports, loops
from benchmarks import backing, figures
from benchmarks import lines as files
from benchmarks.figures import Figure
from benchmarks.plain_imports import copied, row_by_row

LINES_LIMIT = 20_000
MEMORY_LIMIT_MB = 200
MB = 1_000_000

WORK = """
import sys
from app_srvc.jobs import registry
registry.load()
from app_srvc.processors.importing import work
before = open("/proc/self/status").read()
work.take_in(sys.argv[1])
after = open("/proc/self/status").read()
peak = [int(text.split("VmHWM:")[1].split()[0]) * 1024 for text in (before, after)]
print(*peak)
"""


def main() -> None:
    """Measure all, print a table, and end with 1 when a limit is not held."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--megabytes", type=int, default=1000)
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="cherha-imports-") as folder,
        backing.started(Path(folder)),
    ):
        found = [
            *compare(options.lines, options.rounds),
            measure_memory(options.megabytes),
        ]
    figures.end(found)


def compare(lines: int, rounds: int) -> list[Figure]:
    """Import and copy so many lines in turn, print how fast that was, and return the figures."""
    found = []
    for kind, content in (("csv", files.as_csv(lines)), ("jsonl", files.as_json_lines(lines))):
        ways: dict[str, Callable[[], float]] = {
            "import": lambda kind=kind, content=content: imported(kind, content),  # type: ignore[misc]
            "known": lambda kind=kind, content=content: imported(kind, content, is_new=False),  # type: ignore[misc]
            "row by row": lambda kind=kind, content=content: row_by_row(kind, content),  # type: ignore[misc]
            "copied": lambda content=content: copied(content),  # type: ignore[misc]
        }
        best = dict.fromkeys(ways, float("inf"))
        for _ in range(rounds):
            best = {name: min(best[name], way()) for name, way in ways.items()}
        print(f"{kind}, {lines} lines of {len(content) / lines:.0f} bytes:", flush=True)
        for name, seconds in best.items():
            ratio = best["row by row"] / seconds
            print(f"  {name:10} {lines / seconds:9,.0f} lines/s, {ratio:5.2f} times row by row")
        for name in ("import", "known"):
            rate = lines / best[name]
            found.append(
                figures.at_least(
                    f"import of {kind}, {name}", f"{rate:,.0f} lines a second", LINES_LIMIT,
                    baseline=f"{lines / best['row by row']:,.0f} inserted one by one",
                    ratio=best["row by row"] / best[name], value=rate,
                )
            )  # fmt: skip
    return found


def imported(kind: str, content: bytes, *, is_new: bool = True) -> float:
    """Import a file into a new processor or, known to it, into the last one; return the time."""
    if is_new:
        names = backing.ask("SELECT count(*) FROM processors")
        with db.transaction() as conn:
            processor_id = loops.add(conn, f"letters-{names}", "Letters", "log")
        assert processor_id is not None
    else:
        processor_id = int(backing.ask("SELECT max(id) FROM processors"))
    job_id = submit(processor_id, iter([content]), Options(Format(kind), key="id"))
    began = time.monotonic()
    work.take_in(job_id)
    seconds = time.monotonic() - began
    with db.transaction() as conn:
        done = imports.find(conn, job_id)
    assert done is not None
    assert done.bad == 0
    assert (done.added if is_new else done.known) == done.position > 0
    return seconds


def submit(processor_id: int, content: Iterator[bytes], options: Options) -> str:
    """Store a file with its job, as the form does."""
    file = storage.save(content)
    job_id = submission.new_id()
    submission.let_carry(lambda _delivery: None)  # There is no queue here.
    with db.transaction() as conn:
        submission.submit(
            conn, tasks.import_file, job_id, job_id=job_id, owner=None, title="x", keys=[file.key]
        )
        new = imports.NewImport(job_id, processor_id, file.key, "x", options.as_json())
        imports.add(conn, new)
    return job_id


def measure_memory(megabytes: int) -> Figure:
    """Import an XML file of that size, and return the peak of its memory."""
    with db.transaction() as conn:
        processor_id = loops.add(conn, "large", "Large", "log")
        assert processor_id is not None
    options = Options(Format.XML, key="number", record_path="/orders/order")
    job_id = submit(processor_id, files.as_xml(megabytes * MB), options)
    began = time.monotonic()
    told = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", WORK, job_id], capture_output=True, check=True
    )
    seconds = time.monotonic() - began
    before, peak = (int(number) for number in told.stdout.split())
    with db.transaction() as conn:
        done = imports.find(conn, job_id)
    assert done is not None
    assert done.added == done.position > 0
    print(f"{done.added:,} records of XML, {done.added / seconds:,.0f} a second", flush=True)
    return figures.at_most(
        f"peak memory of an import of {megabytes} MB of XML", f"{peak / MB:.0f} MB",
        MEMORY_LIMIT_MB, baseline=f"{before / MB:.0f} MB before it began",
        ratio=peak / MB / megabytes, value=peak / MB,
    )  # fmt: skip


if __name__ == "__main__":
    main()
