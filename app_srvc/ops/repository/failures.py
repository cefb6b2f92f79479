"""Jobs that have failed lately, by reason, so that one kind of them can be tried again.

Those that are parts of others are left out: their wholes have failed for the same reason.
"""

from datetime import datetime
from typing import NamedTuple

from app_srvc.db import Connection
from app_srvc.words import Sentence, unpack

HOURS = 24
# The latest are looked at, and the commonest kinds of these are told.
MOST_FAILURES = 10_000
MOST_KINDS = 20


class Kind(NamedTuple):
    """What has failed in one queue for one reason; `id` stands for the reason."""

    queue: str
    id: str
    reason: Sentence
    number: int
    latest_at: datetime


class Failures(NamedTuple):
    """The commonest kinds; `number` failures of all `kinds` were looked at.

    `is_all` False means that there were more of them, which were not.
    """

    shown: list[Kind]
    number: int
    kinds: int
    is_all: bool


Key = tuple[datetime, str]

_OF_LATE = (
    "state = 'failed' AND part_of IS NULL AND ended_at > now() - interval '1 hour' * %(hours)s"
)


def by_kind(conn: Connection) -> Failures:
    """Return the failures of the last day, the commonest kind first."""
    with conn.cursor() as cur:
        cur.execute(
            "SELECT queue, md5(reason), reason, count(*), max(ended_at),"  # noqa: S608
            " sum(count(*)) OVER ()::integer, count(*) OVER ()::integer"
            f" FROM (SELECT queue, reason, ended_at FROM jobs WHERE {_OF_LATE}"
            "  ORDER BY ended_at DESC LIMIT %(most)s) AS lately"
            " GROUP BY queue, reason ORDER BY count(*) DESC, max(ended_at) DESC LIMIT %(kinds)s",
            {"hours": HOURS, "most": MOST_FAILURES + 1, "kinds": MOST_KINDS},
        )
        rows = cur.fetchall()
    shown = [Kind(queue, kind, unpack(reason), *rest) for queue, kind, reason, *rest in
             (row[:5] for row in rows)]  # fmt: skip
    number, kinds = rows[0][5:] if rows else (0, 0)
    return Failures(shown, min(number, MOST_FAILURES), kinds, number <= MOST_FAILURES)


def alike(conn: Connection, queue: str, kind: str, after: Key | None, limit: int) -> list[Key]:
    """Return failed jobs of one kind, oldest first, as the keys by which the next are found."""
    with conn.cursor() as cur:
        cur.execute(
            f"SELECT ended_at, id FROM jobs WHERE {_OF_LATE}"  # noqa: S608
            " AND queue = %(queue)s AND md5(reason) = %(kind)s"
            " AND (%(at)s::timestamptz IS NULL OR (ended_at, id) > (%(at)s, %(id)s::uuid))"
            " ORDER BY ended_at, id LIMIT %(limit)s",
            {
                "hours": HOURS,
                "queue": queue,
                "kind": kind,
                "at": after and after[0],
                "id": after and after[1],
                "limit": limit,
            },
        )
        return [(ended_at, job_id) for ended_at, job_id in cur.fetchall()]
