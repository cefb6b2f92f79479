"""What a benchmark has found: printed, and handed to whoever runs them all."""

import json
import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple, NoReturn

# Where they are written to, besides.
FILE = "BENCHMARK_FIGURES"


class Figure(NamedTuple):
    """What was measured, ours and what it is compared with, each with its unit.

    `bar` is what was agreed of the ratio, or of ours where there is nothing to compare it with.
    """

    what: str
    ours: str
    baseline: str = ""
    ratio: float | None = None
    bar: str = ""
    is_held: bool = True

    def __str__(self) -> str:
        beside = f", {self.baseline}" if self.baseline else ""
        ratio = "" if self.ratio is None else f", ratio {self.ratio:.2f}"
        bar = f" ({self.bar})" if self.bar else ""
        return f"{self.what}: {self.ours}{beside}{ratio}{bar}{'' if self.is_held else '  NOT HELD'}"


def at_most(
    what: str, ours: str, limit: float, *, baseline: str = "", ratio: float | None = None,
    value: float | None = None,
) -> Figure:  # fmt: skip
    """Return a figure whose ratio, or else value, may be no more than a limit."""
    judged = ratio if value is None else value
    assert judged is not None
    return Figure(what, ours, baseline, ratio, f"≤ {limit:g}", judged <= limit)


def at_least(
    what: str, ours: str, limit: float, *, baseline: str = "", ratio: float | None = None,
    value: float | None = None,
) -> Figure:  # fmt: skip
    """Return a figure whose ratio, or else value, may be no less than a limit."""
    judged = ratio if value is None else value
    assert judged is not None
    return Figure(what, ours, baseline, ratio, f"≥ {limit:g}", judged >= limit)


def end(found: Iterable[Figure]) -> NoReturn:
    """Print them, write them down if asked to, and end with 1 when one is not held."""
    figures = list(found)
    print(*figures, sep="\n", flush=True)
    if file := os.environ.get(FILE):
        Path(file).write_text(json.dumps([figure._asdict() for figure in figures]))
    sys.exit(not all(figure.is_held for figure in figures))


def read(file: Path) -> list[Figure]:
    """Return what a benchmark has written down; nothing when it broke off before."""
    text = file.read_text() if file.exists() else ""
    return [Figure(**one) for one in json.loads(text)] if text else []
