"""All benchmarks, one after another, and what they found as a table of docs/performance.md.

    make bench                             all, shortened so that they take a quarter of an hour
    python -m benchmarks --only claims     one of them, printed

What needs packages that are not installed, or a program that is not there, is left out, and said.
"""

import argparse
import importlib.util
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from benchmarks import figures, machine
from benchmarks.figures import Figure
from tests.support.workers import ROOT

DOCUMENT = ROOT / "docs" / "performance.md"
BEGIN, END = "<!-- Written by `make bench`. -->", "<!-- So far. -->"
LONGEST_SECONDS = 240


class Benchmark(NamedTuple):
    """A module of this package, how it is shortened, and the package that it needs, if any."""

    name: str
    arguments: tuple[str, ...] = ()
    needs: str = ""


ALL = (
    Benchmark("speech", ("--minutes", "2")),
    Benchmark("recogniser"),
    Benchmark("web"),
    Benchmark("calls", ("--seconds", "1.5", "--rounds", "2")),
    Benchmark("registration", ("--requests", "300")),
    Benchmark("limits", ("--rounds", "4")),
    Benchmark("secrecy", ("--tries", "80")),
    Benchmark("records", ("--records", "6000", "--rounds", "2"), "procrastinate"),
    Benchmark("claims", ("--records", "1000000")),
    Benchmark("imports", ("--lines", "50000", "--rounds", "2", "--megabytes", "150")),
    Benchmark("detection", ("--pictures", "20", "--rounds", "2")),
    Benchmark("memory", ("--hours", "0.5", "--gigabytes", "1")),
    Benchmark("s3_memory", (), "swift"),
    Benchmark("ops", ("--ended", "50000", "--rounds", "10")),
    Benchmark("userlist", ("--people", "100000", "--rounds", "3")),
    Benchmark("engines", ("--jobs", "200", "--rounds", "2"), "celery"),
    Benchmark("monitor", ("--jobs", "20000", "--rounds", "7")),
)


class Result(NamedTuple):
    """What came of a benchmark; `wrong` says why there is nothing, or not all."""

    name: str
    found: list[Figure]
    wrong: str = ""


def main() -> None:
    """Run them, write the table, and end with 1 when a bar is not held."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", metavar="NAME", help="print what it found, and write nothing")
    options = parser.parse_args()
    began = time.monotonic()
    results = [run(one) for one in ALL if options.only in {None, one.name}]
    told = table(results)
    print(told)
    if not options.only:
        minutes = (time.monotonic() - began) / 60
        write(f"{machine.described()} {minutes:.0f} minutes in all.\n\n{told}")
    sys.exit(any(not one.is_held for result in results for one in result.found))


def run(benchmark: Benchmark) -> Result:
    """Run one in a process of its own."""
    if benchmark.needs and importlib.util.find_spec(benchmark.needs) is None:
        return Result(benchmark.name, [], f"left out: it needs the package {benchmark.needs}")
    print(f"== {benchmark.name}", flush=True)
    with tempfile.TemporaryDirectory(prefix="cherha-figures-") as folder:
        file = Path(folder) / "figures"
        command = [
            sys.executable, "-W", "ignore", "-m", f"benchmarks.{benchmark.name}",
            *benchmark.arguments,
        ]  # fmt: skip
        process = subprocess.Popen(command, cwd=ROOT, env=os.environ | {figures.FILE: str(file)})
        wrong = ""
        try:
            process.wait(LONGEST_SECONDS)
        except subprocess.TimeoutExpired:
            process.terminate()
            process.wait()
            wrong = f"broken off after {LONGEST_SECONDS} s"
        found = figures.read(file)
    if not found:
        wrong = wrong or f"it ended with {process.returncode}, and found nothing"
    return Result(benchmark.name, found, wrong)


def table(results: list[Result]) -> str:
    """Write what was found as a table, and below it what is not as it should be."""
    lines = [
        "| benchmark | what | ours | compared with | ratio | bar | held |",
        "|---|---|---|---|---|---|---|",
    ]
    lines += [_line(result.name, one) for result in results for one in result.found]
    missed = [
        f"- Not held: {one.what}, {one.ours}{_beside(one)}, where the bar is {one.bar}."
        for result in results
        for one in result.found
        if not one.is_held
    ]
    missed += [f"- `{result.name}`: {result.wrong}." for result in results if result.wrong]
    return "\n".join([*lines, "", *(missed or ["Every bar is held."])]) + "\n"


def _beside(one: Figure) -> str:
    return "" if one.ratio is None else f", {one.ratio:.2f} of {one.baseline}"


def _line(name: str, one: Figure) -> str:
    ratio = "" if one.ratio is None else f"{one.ratio:.2f}"
    held = ("yes" if one.is_held else "**no**") if one.bar else ""
    cells = [f"`{name}`", one.what, one.ours, one.baseline, ratio, one.bar, held]
    return "| " + " | ".join(cells) + " |"


def write(told: str) -> None:
    """Put it into the document, in the place of what was there."""
    text = DOCUMENT.read_text()
    block = f"{BEGIN}\n\n{told}\n{END}"
    made, count = re.subn(f"{re.escape(BEGIN)}.*?{re.escape(END)}", lambda _: block, text,
                          count=1, flags=re.DOTALL)  # fmt: skip
    assert count == 1, "the document has no place for it"
    DOCUMENT.write_text(made)


if __name__ == "__main__":
    main()
