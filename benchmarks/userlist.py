"""The list of users: each page of it, of a thousand people and of a million.

    python -m benchmarks.userlist [--people 1000000] [--rounds 15]

Two web processes on two databases of one server are asked in turn; compared is the quickest answer
of each, so that nothing else that the machine does is counted. Every order, state and search is
asked for its first page, and for one deep inside. Where a thousand have fewer to show than a
million, their first page without a search is compared, which has as many rows.
"""

import argparse
import itertools
import os
import statistics
import tempfile
import time
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlencode

import psutil

from app_srvc.accounts.repository.statements import ORDERS
from app_srvc.accounts.userlist.listing import SORTS, STATES, write_key
from app_srvc.launching import servers
from app_srvc.launching.supervising import Child
from benchmarks import figures
from benchmarks.people import HEADERS, Side

FEW = 1000
LIMIT = 2.0
# Nothing; a letter; the commonest first name and one of the rarer; the commonest last name; a word
# with which logins begin; one person; nobody.
SEARCHES = ["", "o", "олена", "zoe", "shevchenko", "user1", ONE := "one", "nobody-at-all"]


class Case(NamedTuple):
    """What is asked of the list."""

    sort: str
    state: str
    search: str
    is_deep: bool

    def __str__(self) -> str:
        where = "deep inside" if self.is_deep else "first page"
        return f"{self.sort:7} {self.state or 'any':8} {self.search or '-':14} {where}"


def main() -> None:
    """Measure all, print a table, and end with 1 when the limit is not held."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="cherha-userlist-") as folder:
        home = Path(folder)
        os.environ.update(
            QUEUE_URL="redis://nowhere", STORAGE_URL=(home / "files").as_uri(),
            SECRET_KEY="a key for this benchmark", LOG_LEVEL="WARNING",
        )  # fmt: skip
        run = servers.run_folder(home)
        server = servers.postgresql(home, run, "fsync=off", "full_page_writes=off")
        child: Child = server.child()
        child.start()
        assert child.wait_until(server.is_ready, 60)
        try:
            few, many = Side(server, FEW), Side(server, options.people)
            try:
                ratios = compare(few, many, options.rounds)
                export(few)
                export(many)
            finally:
                few.stop()
                many.stop()
        finally:
            child.signal()
            child.wait(60)
    figures.end([
        figures.at_most(
            f"the slowest page of {options.people:,} people, of {len(ratios)} kinds",
            f"{max(ratios):.2f} times", LIMIT, baseline=f"among {FEW:,}", ratio=max(ratios),
        ),
        figures.Figure(
            "the median of all pages", f"{statistics.median(ratios):.2f} times", f"among {FEW:,}",
            statistics.median(ratios),
        ),
    ])  # fmt: skip


def compare(few: Side, many: Side, rounds: int) -> list[float]:
    """Ask both for every page, print how long that took, and return the ratios."""
    measured: dict[str, list[tuple[float, float]]] = {}
    for choice in itertools.product(SORTS, ["", *STATES], SEARCHES, [False, True]):
        case = Case(*choice)
        sides = [(side, address(side, case)) for side in (few, many)]
        fewer, found = (side.count(path) for side, path in sides)
        if fewer < found:
            sides[0] = (few, address(few, Case(case.sort, "", "", is_deep=False)))
        times = list[list[float]]()
        # What seems too slow is asked more often: perhaps the machine was busy with something else.
        for _ in range(4):
            times += [[side.get(path)[0] for side, path in sides] for _ in range(rounds)]
            small, large = (1000 * min(column) for column in zip(*times, strict=True))
            if large / small <= LIMIT:
                break
        measured.setdefault(case.search or "no search", []).append((small, large))
        over = "  over" if large / small > LIMIT else ""
        print(
            f"{case}  {found:3} found  {small:5.1f} ms {large:5.1f} ms  {large / small:.2f}{over}"
        )
    for search, both in measured.items():
        small, large = (statistics.median(column) for column in zip(*both, strict=True))
        worst = max(large / small for small, large in both)
        print(
            f"{search:14} {len(both)} pages: {small:.1f} ms, {large:.1f} ms,"
            f" ratio {large / small:.2f}, largest {worst:.2f} (<= {LIMIT})"
        )
    return [large / small for both in measured.values() for small, large in both]


def address(side: Side, case: Case) -> str:
    """Return the address of a page; deep inside is after the middle one of all people."""
    query = {"sort": case.sort, "state": case.state}
    query["q"] = side.one if case.search == ONE else case.search
    if case.is_deep:
        columns, direction = ORDERS[case.sort]
        order = ", ".join(f"{column} {direction}" for column in columns)
        rows = side.ask(
            f"SELECT {', '.join(columns)} FROM users ORDER BY {order}"
            " OFFSET (SELECT count(*) / 2 FROM users) LIMIT 1"
        )
        query["after"] = write_key(case.sort, rows[0])  # type: ignore[arg-type]
    return "/userlist/?" + urlencode({name: value for name, value in query.items() if value})


def export(side: Side) -> None:
    """Take all along as CSV, and print how long that takes and how much memory."""
    process = psutil.Process(side.web.process.pid).children()[0]
    before, began, size, lines = process.memory_info().rss, time.monotonic(), 0, 0
    first, most = 0.0, before
    side.line.request("GET", "/userlist/users.csv", headers=HEADERS)
    answer = side.line.getresponse()
    while piece := answer.read(1_000_000):
        first = first or time.monotonic() - began
        size, lines = size + len(piece), lines + piece.count(b"\r\n")
        most = max(most, process.memory_info().rss)
    print(
        f"CSV of {lines - 1} people: {size / 1e6:.1f} MB in {time.monotonic() - began:.1f} s,"
        f" begun after {first:.2f} s, memory {(most - before) / 1e6:.0f} MB more"
    )


if __name__ == "__main__":
    main()
