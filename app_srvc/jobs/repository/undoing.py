"""Jobs that were deleted a moment ago: out of sight, and there until nobody can want them back."""

from datetime import datetime
from typing import NamedTuple

from app_srvc.db import Connection
from app_srvc.jobs import registry


class Deleted(NamedTuple):
    """A job that can be brought back until `goes_at`."""

    id: str
    owner: str | None
    title: str
    goes_at: datetime


_COLUMNS = "id, owner, task, title, deleted_at + %(minutes)s * interval '1 minute'"
_IN_TIME = "deleted_at > now() - %(minutes)s * interval '1 minute'"


def put_aside(conn: Connection, job_id: str) -> bool:
    """Let nobody see a job any more that has ended; False when it has not, or is out of sight."""
    with conn.cursor() as cur:
        cur.execute(
            "UPDATE jobs SET deleted_at = now()"
            " WHERE id = %s AND ended_at IS NOT NULL AND deleted_at IS NULL",
            (job_id,),
        )
        return cur.rowcount == 1


def bring_back(conn: Connection, job_id: str, minutes: int) -> bool:
    """Let a job be seen again that was deleted less than so many minutes ago; False for others."""
    with conn.cursor() as cur:
        cur.execute(
            f"UPDATE jobs SET deleted_at = NULL WHERE id = %(job)s AND {_IN_TIME}",  # noqa: S608
            {"job": job_id, "minutes": minutes},
        )
        return cur.rowcount == 1


def find(conn: Connection, job_id: str, minutes: int) -> Deleted | None:
    """Return a job that was deleted less than so many minutes ago, whosever it was."""
    with conn.cursor() as cur:
        cur.execute(
            f"SELECT {_COLUMNS} FROM jobs WHERE id = %(job)s AND {_IN_TIME}",  # noqa: S608
            {"job": job_id, "minutes": minutes},
        )
        row = cur.fetchone()
    return _deleted(*row) if row else None


def of_owner(conn: Connection, owner: str, task: str | None, minutes: int) -> list[Deleted]:
    """Return up to 50 jobs that somebody can bring back, of one kind or of all, deleted last
    first."""
    with conn.cursor() as cur:
        cur.execute(
            f"SELECT {_COLUMNS} FROM jobs WHERE owner = %(owner)s"  # noqa: S608
            f" AND task = coalesce(%(task)s, task) AND {_IN_TIME}"
            " ORDER BY deleted_at DESC LIMIT 50",
            {"owner": owner, "task": task, "minutes": minutes},
        )
        return [_deleted(*row) for row in cur.fetchall()]


def _deleted(job_id: str, owner: str | None, task: str, title: str, goes_at: datetime) -> Deleted:
    return Deleted(job_id, owner, registry.title_of(task) or title, goes_at)
