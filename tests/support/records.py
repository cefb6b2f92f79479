"""Processors with records, for tests."""

import json
import subprocess
from collections.abc import Sequence

from app_srvc import db
from app_srvc.processors.repository import intake, loops
from tests.support.handlers import HANDLERS
from tests.support.rows import scalar
from tests.support.workers import Workers, wait_for


def add_processor(
    bodies: Sequence[str] = (),
    *,
    handler: str = "nothing",
    config: dict[str, object] | None = None,
    name: str = "letters",
    **parameters: object,
) -> int:
    """Add a processor that is stopped, with records whose keys are their numbers."""
    with db.transaction() as conn:
        processor_id = loops.add(conn, name, name.title(), handler)
        assert processor_id is not None
        add_records(conn, processor_id, bodies)
        parameters["config"] = json.dumps(config or {})
        with conn.cursor() as cur:
            for column, value in parameters.items():
                cur.execute(
                    f"UPDATE processors SET {column} = %s WHERE id = %s", (value, processor_id)
                )
    return processor_id


def add_records(conn: db.Connection, processor_id: int, bodies: Sequence[str]) -> None:
    """Add records."""
    for number, body in enumerate(bodies):
        intake.add(conn, processor_id, intake.NewRecord(f"{number}", "text/plain", body.encode()))


def press(name: str, processor_id: int) -> bool:
    """Start, stop, pause, halt or run_once."""
    with db.transaction() as conn:
        pressed: bool = getattr(loops, name)(conn, processor_id)
    return pressed


def start_worker(workers: Workers, **env: str) -> subprocess.Popen[bytes]:
    """Start a worker that serves cycles and records."""
    return workers.start("recordworker.py", HANDLERS=HANDLERS, **({"RECORD_WORKERS": "1"} | env))


def statuses() -> dict[str, int]:
    """Return how many records there are in each state."""
    with db.transaction() as conn, conn.cursor() as cur:
        cur.execute("SELECT status, count(*) FROM records GROUP BY status")
        return dict(cur.fetchall())


def wait_for_status(status: str, count: int = 1) -> None:
    """Wait until there are as many records in a state."""
    wait_for(lambda: statuses().get(status, 0) == count)


def outcomes() -> list[str]:
    """Return what became of each claim, in order."""
    with db.transaction() as conn, conn.cursor() as cur:
        cur.execute("SELECT outcome FROM record_attempts ORDER BY ended_at")
        return [outcome for (outcome,) in cur.fetchall()]


def desired() -> object:
    """Return what a person wants of the one processor there is."""
    return scalar("SELECT desired FROM processors")
