"""How a batch of records is claimed, among few and among many.

    python -m benchmarks.claims [--records 10000000]

A batch of 1,000 is claimed, and given back, in a table of 10,000 records and in one of 10 million,
of which all but 10,000 are done. The median of fifteen claims counts.
"""

import argparse
import statistics
import tempfile
import time
from pathlib import Path

import psycopg2.extensions

from app_srvc import db
from app_srvc.processors.repository import cycles, loops
from benchmarks import backing, figures
from benchmarks.figures import Figure

BATCH = 1000
FEW = 10_000
LIMIT = 2.0
CLAIMS = 15


def main() -> None:
    """Measure, print it, and end with 1 when the limit is not held."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=10_000_000)
    many = parser.parse_args().records
    with (
        tempfile.TemporaryDirectory(prefix="cherha-claims-") as folder,
        backing.started(Path(folder)),
    ):
        found = compare(many)
    figures.end([found])


def compare(many: int) -> Figure:
    """Claim a batch among few and among many, and return how long it took."""
    medians = []
    for count in (FEW, many):
        with db.transaction() as conn, conn.cursor() as cur:
            cur.execute("DELETE FROM processors")
        processor_id = _filled(count)
        seconds = [_claim(processor_id) for _ in range(CLAIMS)]
        medians.append(statistics.median(seconds))
    return figures.at_most(
        f"a batch of {BATCH:,} claimed among {many:,} records", f"{medians[1] * 1000:.1f} ms",
        LIMIT, baseline=f"{medians[0] * 1000:.1f} ms among {FEW:,}", ratio=medians[1] / medians[0],
    )  # fmt: skip


def _filled(count: int) -> int:
    """Return a processor with so many records, of which all but 10,000 are done."""
    began = time.monotonic()
    conn = backing.patient_connection()
    with conn.cursor() as cur:
        # The foreign key would be looked up ten million times, and that takes its time.
        cur.execute("SET session_replication_role = replica; SET statement_timeout = 0")
        cur.execute(
            "INSERT INTO processors (name, title, handler, batch_size)"
            " VALUES ('many', 'Many', 'nothing', %s) RETURNING id",
            (BATCH,),
        )
        row = cur.fetchone()
        assert row is not None
        processor_id = int(row[0])
        cur.execute(
            "INSERT INTO records (processor_id, source_key, status, ended_at, claim_seq, attempts)"
            " SELECT %s, n::text, CASE WHEN n > %s THEN 'new' ELSE 'done' END,"
            " CASE WHEN n <= %s THEN now() END, 2, 1 FROM generate_series(1, %s) AS n",
            (processor_id, count - FEW, count - FEW, count),
        )
        cur.execute("SET session_replication_role = origin")
        cur.execute("VACUUM ANALYZE records")
    conn.close()
    print(f"({count:,} records written in {time.monotonic() - began:.0f} s)", flush=True)
    db.close_idle()
    psycopg2.extensions.set_wait_callback(db.wait)
    with db.transaction() as mine:
        loops.start(mine, processor_id)
    return processor_id


def _claim(processor_id: int) -> float:
    """Return how long it takes to open a cycle with its batch; it is given back."""
    with db.transaction() as conn:
        began = time.monotonic()
        cycle = cycles.begin(conn, processor_id)
        seconds = time.monotonic() - began
        assert cycle is not None
        conn.rollback()
    return seconds


if __name__ == "__main__":
    main()
