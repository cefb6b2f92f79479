"""Rows of jobs in any state and of any age, without workers."""

from typing import Any

from app_srvc import db
from app_srvc.jobs import submission
from app_srvc.ops import sampling
from app_srvc.words import pack

# What a job of each state has, and when.
_COLUMNS = {
    "waiting": {},
    "scheduled": {"due_at": "1 hour"},
    "running": {"lease_until": "1 hour"},
    "finished": {"ended_at": "0"},
    "failed": {"ended_at": "0"},
    "cancelled": {"ended_at": "0"},
}


def job(
    state: str,
    queue: str = "stt",
    *,
    reason: str | None = None,
    waited: float = 0,
    ran: float = 0,
    ago: float = 0,
    **columns: Any,
) -> str:
    """Add a job that was submitted, waited and ran for so many seconds, and ended so long ago."""
    job_id = submission.new_id()
    since = waited + ran + ago
    known: dict[str, Any] = {
        "id": job_id, "queue": queue, "task": "support.count", "args": "[]", "title": "a job",
        "state": state, "max_failures": 3, "timeout_seconds": 60,
        "reason": pack(reason or "It is broken.") if state == "failed" else None, **columns,
    }  # fmt: skip
    moments = {"created_at": since, "waiting_since": since}
    if state not in {"waiting", "scheduled"}:
        moments |= {"started_at": ran + ago, "taken_at": ran + ago}
    if "ended_at" in _COLUMNS[state]:
        moments["ended_at"] = ago
    moments |= {name: -3600 for name in _COLUMNS[state] if name != "ended_at"}
    names = [*known, *moments]
    values = ["%s"] * len(known) + ["now() - %s * interval '1 second'"] * len(moments)
    with db.transaction() as conn, conn.cursor() as cur:
        cur.execute(
            f"INSERT INTO jobs ({', '.join(names)}) VALUES ({', '.join(values)})",
            [*known.values(), *moments.values()],
        )
    return job_id


def worker(name: str = "host-1-a", *queues: str, silent: float = 0, **columns: Any) -> None:
    """Add a worker to the register that was heard of so many seconds ago."""
    known = {"name": name, "queues": list(queues or ["stt"]), "host": "host-1", "pid": 1} | columns
    with db.transaction() as conn, conn.cursor() as cur:
        cur.execute(
            f"INSERT INTO workers ({', '.join(known)}, seen_at) VALUES"
            f" ({', '.join(['%s'] * len(known))}, now() - %s * interval '1 second')",
            [*known.values(), silent],
        )


def busy(reason: str = "It is broken.") -> None:
    """Let there be something of everything that the overview shows."""
    worker("host-1-a", "stt", "stt-segments", memory_bytes=231_000_000)
    worker("host-1-b", "usrreg", silent=900)
    worker("host-1-lane", "cycles", "records", memory_bytes=9_000)
    execute(
        "INSERT INTO lanes SELECT id, 0, 1, 'host-1-lane', now() + interval '1 minute'"
        " FROM processors LIMIT 1"
    )
    job("running", worker="host-1-a", title="days.flac", ran=95)
    for number in range(6):
        job("finished", waited=number * 90, ran=number / 3, ago=number)
        job("failed", reason=reason if number else "It is wrong.", ago=number)
        job("waiting", "usrreg", waited=number * 9_000)
    job("failed", reason=reason, ago=50_000)
    job("waiting", waited=700)
    execute(
        "INSERT INTO ops_samples SELECT 'stt',"
        " date_trunc('minute', now()) - n * interval '1 minute',"
        " n % 7, 1, n, n % 5, n % 3 FROM generate_series(1, 300) AS n"
    )
    sampling.sample()


def execute(statement: str, *values: object) -> None:
    """Change something else."""
    with db.transaction() as conn, conn.cursor() as cur:
        cur.execute(statement, values or None)
