"""Whether anything grows: a light load on every service, and what is held before and after it.

    make soak MINUTES=30

The product is started as `make run` does, and loaded for a few minutes, so that all is loaded that
is loaded once. Then everything is counted, loaded for so many minutes, and counted again. Each
round takes away what it has brought, so nothing may be more than it was; what is kept of a minute
or of an event on purpose is shown and not judged. Ends with 1 when something has grown.
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from app_srvc import settings
from app_srvc.accounts import viewing
from tests.soak import standing
from tests.soak.load import Load
from tests.soak.standing import MB, Standing
from tests.support.accounts import bearer, member
from tests.support.asking import count, let_ten_minutes_pass
from tests.support.product import Product
from tests.support.workers import wait_for

WARM_MINUTES = 3.0
PAUSE_SECONDS = 1.0
# What is idle is closed and swept within this; memory is given back to nobody.
QUIET_SECONDS = 45.0
# Allocators keep what they may need again: more than this is growth.
MEMORY_SHARE, MEMORY_MB = 0.10, 8.0
OPEN_FILES_MORE = 8


class Line(NamedTuple):
    """Something that was counted twice, and the most that the second may be; None: anything."""

    what: str
    before: float
    after: float
    most: float | None

    @property
    def is_held(self) -> bool:
        """Say whether it is no more than it may be."""
        return self.most is None or self.after <= self.most

    def __str__(self) -> str:
        may = "not judged" if self.most is None else f"at most {self.most:.0f}"
        over = "" if self.is_held else "  MORE"
        return f"{self.what:36} {self.before:10.1f} {self.after:10.1f}  {may}{over}"


def main() -> None:
    """Load, count, print a table, and end with 1 when something has grown."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--warm", type=float, default=WARM_MINUTES, help="minutes before it counts")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="cherha-soak-") as folder:
        temporary = Path(folder) / "t"
        temporary.mkdir()
        product = Product(
            Path(folder) / "home", workers=1, LOG_LEVEL="WARNING", TMPDIR=str(temporary)
        )
        product.start()
        try:
            load = Load(product, operator(product))
            load_for(load, product, options.warm)
            before = at_rest(product)
            load.done.clear()
            load_for(load, product, options.minutes)
            after = at_rest(product)
        finally:
            product.stop()
    print(f"in {options.minutes:g} minutes: {load.done.total()} acts, {load.done['look']} rounds")
    lines = list(compare(before, after))
    print(f"{'':36} {'before':>10} {'after':>10}")
    print(*lines, sep="\n")
    grown = [line.what for line in lines if not line.is_held]
    print("grown: " + ", ".join(grown) if grown else "nothing has grown")
    sys.exit(bool(grown))


def operator(product: Product) -> dict[str, str]:
    """Return the headers of an operator's program."""
    os.environ.update(
        DATABASE_URL=product.address_of("postgresql"), QUEUE_URL=product.address_of("redis"),
        STORAGE_URL=(product.home / "files").as_uri(), SECRET_KEY="only to find the database",
    )  # fmt: skip
    settings.load.cache_clear()
    return bearer(member("olena", role="operator"), viewing.OPERATE, viewing.SUBMIT)


def load_for(load: Load, product: Product, minutes: float) -> None:
    """Do one round after another for so long, and tell when a worker comes or goes."""
    until = time.monotonic() + 60 * minutes
    known = standing.workers(product)
    while time.monotonic() < until:
        load.round()
        time.sleep(PAUSE_SECONDS)
        now = standing.workers(product)
        for name in sorted(known ^ now):
            happened = "came" if name in now else "went"
            print(f"{time.strftime('%X')} worker {happened}: {name}")
        known = now


def at_rest(product: Product) -> Standing:
    """Count everything once nothing is under way any more."""
    wait_for(lambda: count(product, "ended_at IS NULL") == 0)
    let_ten_minutes_pass(product)
    wait_for(lambda: count(product, "expires_at < now()", "files") == 0)
    time.sleep(QUIET_SECONDS)
    return standing.of(product)


def compare(before: Standing, after: Standing) -> Iterator[Line]:
    """Set the two beside each other."""
    for role, memory in before.memory.items():
        now = after.memory[role] / MB
        most = memory / MB * (1 + MEMORY_SHARE) + MEMORY_MB
        yield Line(f"memory of {role}, MB (anonymous)", memory / MB, now, most)
        yield Line("its largest process's peak, MB", before.peaks[role] / MB,
                   after.peaks[role] / MB, None)  # fmt: skip
    for role, files in before.open_files.items():
        yield Line(f"open files of {role}", files, after.open_files[role], files + OPEN_FILES_MORE)
        processes = before.processes[role]
        yield Line(f"processes of {role}", processes, after.processes[role], processes)
    for table, rows in before.rows.items():
        is_history = table.startswith(standing.HISTORY)
        if rows or after.rows[table]:
            yield Line(f"rows of {table}", rows, after.rows[table], None if is_history else rows)
    for kind in sorted({*before.keys, *after.keys}):
        keys = before.keys.get(kind, 0)
        ends = kind.endswith("(ends)")
        yield Line(f"keys {kind}", keys, after.keys.get(kind, 0), None if ends else keys)
    yield Line("files in the storage", before.files, after.files, before.files)
    yield Line("temporary files and folders", before.temporary, after.temporary, before.temporary)


if __name__ == "__main__":
    main()
