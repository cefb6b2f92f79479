"""What it costs to count a client, and to refuse one, beside the work that is refused.

Four webs on the same servers are sent registrations, in turn, each over one connection that stays:
one without limits, one that counts and never refuses, one that refuses as its client is too fast,
and one whose queue is full. What PostgreSQL and the workers do for what is taken in comes on top.
"""

import argparse
import http.client
import json
import statistics
import tempfile
import time
import uuid
from contextlib import ExitStack
from pathlib import Path

import psutil

from benchmarks import backing, figures
from tests.support.web import Web

MOST = 0.5
ANN = {"first_name": "Ann", "last_name": "Archer", "phone": "+380441234567"}


class Side:
    """A web, what it is asked, and what that took: seconds for each request, and processor."""

    def __init__(self, name: str, path: str, status: int, **env: str) -> None:
        self.name, self.path, self.status = name, path, status
        self.web = Web(LOG_LEVEL="WARNING", **env)
        self.line = http.client.HTTPConnection("127.0.0.1", self.web.port, timeout=60)
        self.seconds: list[float] = []
        self.processor = 0.0

    def ask(self, number: int, *, is_counted: bool = True) -> None:
        """Send so many requests."""
        before = self._processor()
        for _ in range(number):
            login = f"u{uuid.uuid4().hex[:12]}"
            body = json.dumps(ANN | {"login": login, "email": f"{login}@example.org"})
            began = time.perf_counter()
            self.line.request("POST", self.path, body, {"Content-Type": "application/json"})
            answer = self.line.getresponse()
            text = answer.read()
            if is_counted:
                self.seconds.append(time.perf_counter() - began)
                assert answer.status == self.status, (self.name, answer.status, text)
        if is_counted:
            self.processor += self._processor() - before

    def stop(self) -> None:
        """End it."""
        self.line.close()
        self.web.stop()

    def _processor(self) -> float:
        (child,) = psutil.Process(self.web.process.pid).children()[:1]
        times = child.cpu_times()
        return times.user + times.system

    def row(self, base: "Side") -> str:
        """Return a line of the table."""
        median, of_base = statistics.median(self.seconds), statistics.median(base.seconds)
        per_request = 1000 * self.processor / len(self.seconds)
        return (
            f"{self.name:34} {1000 * median:8.2f} {per_request:8.2f} {median / of_base:8.2f}"
            f" {self.processor / base.processor:8.2f}"
        )


def main() -> None:
    """Measure, print a table, and end with 1 when a refusal costs more than it may."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=100, help="in each of the rounds")
    parser.add_argument("--rounds", type=int, default=8)
    options = parser.parse_args()
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="cherha-limits-"))
        stack.enter_context(backing.started(Path(folder)))
        form = "/userregres/"
        sides = [
            Side("taken in, no limit", form, 202, RATE_LIMITS="*=off"),
            Side("taken in, counted", form, 202, RATE_LIMITS="*=999999999/day"),
            Side("refused: too fast (429)", form, 429, RATE_LIMITS="*=1/day"),
            Side("refused: the queue is full (503)", form, 503, RATE_LIMITS="*=off",
                 QUEUE_LIMITS="usrreg=0"),
        ]  # fmt: skip
        for side in sides:
            stack.callback(side.stop)
            side.ask(20, is_counted=False)
        for _ in range(options.rounds):
            for side in sides:
                side.ask(options.requests)
        print(f"{'registrations':34} {'ms':>8} {'CPU ms':>8} {'ratio':>8} {'CPU':>8}")
        for side in sides:
            print(side.row(sides[0]))
    taken, counted, refused, _full = (statistics.median(side.seconds) for side in sides)
    figures.end([
        figures.at_most(
            "to refuse a registration from who is too fast", f"{1000 * refused:.1f} ms", MOST,
            baseline=f"{1000 * taken:.1f} ms to take one in", ratio=refused / taken,
        ),
        figures.Figure(
            "to take one in and count its client", f"{1000 * counted:.1f} ms",
            f"{1000 * taken:.1f} ms uncounted", counted / taken,
        ),
    ])  # fmt: skip


if __name__ == "__main__":
    main()
