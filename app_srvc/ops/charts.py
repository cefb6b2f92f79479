"""A day of a queue as a picture: what waited above, what ended below.

All lengths are in units of the picture's own; a page scales it as it likes.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from app_srvc.ops.repository.samples import BIN_MINUTES, BINS, Bin, Day

STEP = 10
GAP = 1
WIDTH = BINS * STEP
# From the top: what waited, what was done, and, hanging from the same line, what failed.
WAITING_HEIGHT, DONE_HEIGHT, FAILED_HEIGHT = 40, 25, 25
SPACE = 5
LINE = WAITING_HEIGHT + SPACE + DONE_HEIGHT
HEIGHT = LINE + FAILED_HEIGHT
# What is there at all is seen.
LEAST = 1.5


class Bar(NamedTuple):
    """A number as a height; `kind` is what of."""

    kind: str
    x: float
    y: float
    height: float


class Chart(NamedTuple):
    """A picture of a day, and the numbers of which it is made, newest first."""

    queue: str
    bars: list[Bar]
    bins: list[Bin]
    waiting: int
    done: int
    failed: int

    @property
    def is_empty(self) -> bool:
        """Whether nothing waited, ran or ended."""
        return not any(one.waiting or one.running or one.done or one.failed for one in self.bins)


def of(day: Day, queues: Sequence[str]) -> list[Chart]:
    """Return a picture for each queue."""
    begins_at = day.ends_at - timedelta(minutes=BINS * BIN_MINUTES)
    return [_chart(queue, day.queues.get(queue, []), begins_at) for queue in queues]


def _chart(queue: str, bins: list[Bin], begins_at: datetime) -> Chart:
    waiting = max((one.waiting for one in bins), default=0)
    # One scale for both: a minority of failures is to look like one.
    ended = max((max(one.done, one.failed) for one in bins), default=0)
    bars: list[Bar] = []
    for one in bins:
        place = (one.at - begins_at) // timedelta(minutes=BIN_MINUTES)
        x = place * STEP + GAP / 2
        bars += _bar("waiting", x, WAITING_HEIGHT, _height(one.waiting, waiting, WAITING_HEIGHT))
        bars += _bar("done", x, LINE, _height(one.done, ended, DONE_HEIGHT))
        failed = _height(one.failed, ended, FAILED_HEIGHT)
        bars += _bar("failed", x, LINE + failed, failed)
    return Chart(
        queue,
        bars,
        bins[::-1],
        waiting,
        sum(one.done for one in bins),
        sum(one.failed for one in bins),
    )


def _height(number: int, most: int, height: float) -> float:
    return round(max(LEAST, height * number / most), 1) if number else 0.0


def _bar(kind: str, x: float, bottom: float, height: float) -> list[Bar]:
    return [Bar(kind, x, round(bottom - height, 1), height)] if height else []
