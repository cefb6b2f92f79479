"""What a product holds at one moment: memory, open files, rows, keys, files on the disk."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import psutil
import redis

from tests.support.asking import ask
from tests.support.product import PROGRAMS, Product

MB = 1_000_000
SERVERS = ("redis", "postgresql")
# What is kept of a minute, an hour or a kind of event on purpose, until its own time is over.
HISTORY = (
    "ops_", "job_counts", "refusal", "processor_audit", "record_attempts", "record_lines",
)  # fmt: skip

# What Redis says of the time that is left to a key that has ended meanwhile.
IS_GONE = -2

# rq's lists of jobs that have ended, from which each is taken when its time is over. A job that is
# deleted in the instant in which rq writes down its end stays until then.
OF_WHAT_ENDS = ("rq:finished", "rq:failed")


class Standing(NamedTuple):
    """Bytes of memory and open files of each role; rows, keys and files that last."""

    memory: dict[str, int]
    peaks: dict[str, int]
    open_files: dict[str, int]
    processes: dict[str, int]
    rows: dict[str, int]
    keys: dict[str, int]
    files: int
    temporary: int


def of(product: Product) -> Standing:
    """Look at all of it.

    Memory is what the processes of a role hold that is in no file, a fork as well as its parent:
    it does not change with the age of the fork, as a share of what they have in common would.
    """
    roles = {role: _family(product, role) for role in PROGRAMS}
    ours = {role: family for role, family in roles.items() if role not in SERVERS}
    return Standing(
        memory={role: sum(map(_memory, family)) for role, family in roles.items()},
        peaks={role: max(map(_peak, family), default=0) for role, family in roles.items()},
        open_files={role: sum(map(_open, family)) for role, family in ours.items()},
        processes={role: len(family) for role, family in ours.items()},
        rows=_rows(product),
        keys=_keys(product),
        files=sum(1 for path in (product.home / "files").rglob("*") if path.is_file()),
        temporary=sum(1 for _ in Path(product.env["TMPDIR"]).rglob("*")),
    )


def workers(product: Product) -> set[str]:
    """Name the workers that are registered, each with its process and its queues."""
    rows = ask(product, "SELECT name, queues, pid FROM workers")
    return {f"{name} (process {pid}, {', '.join(queues)})" for name, queues, pid in rows}


def _family(product: Product, role: str) -> list[psutil.Process]:
    found = product.find(role)
    return [one for top in found for one in (top, *top.children(recursive=True))]


def _memory(process: psutil.Process) -> int:
    return _bytes(process, "smaps_rollup", "Anonymous:")


def _peak(process: psutil.Process) -> int:
    return _bytes(process, "status", "VmHWM:")


def _bytes(process: psutil.Process, name: str, wanted: str) -> int:
    with suppress(OSError):
        for line in Path(f"/proc/{process.pid}/{name}").read_text().splitlines():
            if line.startswith(wanted):
                return int(line.split()[1]) * 1024
    return 0


def _open(process: psutil.Process) -> int:
    with suppress(psutil.Error):
        return int(process.num_fds())
    return 0


def _rows(product: Product) -> dict[str, int]:
    tables = ask(
        product,
        "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
        " AND tablename NOT LIKE '%%yoyo%%' ORDER BY 1",
    )
    return {
        str(table): int(str(ask(product, f"SELECT count(*) FROM {table}")[0][0]))
        for (table,) in tables
    }


def _keys(product: Product) -> dict[str, int]:
    """Count keys by the first words of their names; those with an end apart."""
    counted: dict[str, int] = {}
    with redis.Redis.from_url(product.address_of("redis")) as client:
        for name, ends in _with_end(client):
            kind = ":".join(name.split(":")[:2])
            kind += " (ends)" if ends or kind in OF_WHAT_ENDS else ""
            counted[kind] = counted.get(kind, 0) + 1
    return counted


def _with_end(client: redis.Redis) -> Iterator[tuple[str, bool]]:
    for key in client.scan_iter(count=1000):
        seconds = client.ttl(key)
        if seconds != IS_GONE:
            yield key.decode(), seconds >= 0
