"""Waiting jobs, as the engine needs them."""

from app_srvc.db import Connection
from app_srvc.engines.protocol import Delivery

_COLUMNS = "id, queue, task, timeout_seconds"


def waiting(conn: Connection, settled_seconds: float) -> list[Delivery]:
    """Return the jobs that have waited for at least that long, first come first."""
    with conn.cursor() as cur:
        cur.execute(
            f"SELECT {_COLUMNS} FROM jobs WHERE state = 'waiting'"  # noqa: S608
            " AND waiting_since < now() - %s * interval '1 second' ORDER BY waiting_since, id",
            (settled_seconds,),
        )
        return [Delivery(*row) for row in cur.fetchall()]


def waiting_in(conn: Connection, queue: str) -> list[str]:
    """Return the ids of the jobs that wait in a queue, last come first."""
    with conn.cursor() as cur:
        cur.execute(
            "SELECT id FROM jobs WHERE state = 'waiting' AND queue = %s"
            " ORDER BY waiting_since DESC, id DESC",
            (queue,),
        )
        return [str(job_id) for (job_id,) in cur.fetchall()]


def find(conn: Connection, job_id: str) -> Delivery | None:
    """Return one job, if it is waiting."""
    with conn.cursor() as cur:
        cur.execute(
            f"SELECT {_COLUMNS} FROM jobs WHERE id = %s AND state = 'waiting'",  # noqa: S608
            (job_id,),
        )
        row = cur.fetchone()
    return Delivery(*row) if row else None


def release_due(conn: Connection, limit: int) -> list[Delivery]:
    """Let up to `limit` jobs wait whose time has come, and return them."""
    with conn.cursor() as cur:
        cur.execute(
            "UPDATE jobs SET state = 'waiting', due_at = NULL WHERE id IN ("  # noqa: S608
            " SELECT id FROM jobs WHERE state = 'scheduled' AND due_at <= now()"
            " ORDER BY due_at LIMIT %s FOR UPDATE SKIP LOCKED)"
            f" AND state = 'scheduled' RETURNING {_COLUMNS}",
            (limit,),
        )
        return [Delivery(*row) for row in cur.fetchall()]
