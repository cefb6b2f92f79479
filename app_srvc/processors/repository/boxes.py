"""The boxes in which records wait for another time, or for a person: retry, uncertain, dead.

Each is listed along one index, newest first. Where a list is narrowed by what no index knows, a
page is what is found in the next stretch of the box, so that none takes long.
"""

from datetime import datetime
from typing import NamedTuple

from app_srvc.db import Connection
from app_srvc.processors.repository.choosing import BOXES, Chosen, Key, narrowing, stretch
from app_srvc.words import Sentence, pack, unpack

__all__ = ["BOXES", "Boxed", "Chosen", "Key", "Page", "mark_done", "page", "replay"]

# So many records are looked at for a page, and changed in a transaction.
STRETCH = 20_000
AT_ONCE = 2000


class Boxed(NamedTuple):
    """A record in a box; `http_status` is the answer to its last attempt."""

    id: int
    source_key: str
    status: str
    attempts: int
    lost: int
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    available_at: datetime
    http_status: int | None
    error: Sentence | None


class Page(NamedTuple):
    """Records in order. `after` is where the list goes on, if it does."""

    records: list[Boxed]
    after: Key | None


def page(conn: Connection, chosen: Chosen, after: Key | None, limit: int) -> Page:
    """Return a page of a box; perhaps with fewer records than fit on it, before the end."""
    statement, values = stretch(chosen, after)
    values |= {"most": STRETCH if chosen.is_narrowed else limit + 1, "limit": limit + 1}
    with conn.cursor() as cur:
        cur.execute(
            f"""
            WITH stretch AS MATERIALIZED ({statement})
            SELECT id, source_key, status, attempts, lost, created_at, started_at, ended_at,
                available_at, (SELECT http_status FROM record_attempts
                    WHERE record_id = stretch.id AND claim_seq = stretch.claim_seq LIMIT 1), error
            FROM stretch WHERE {narrowing(chosen)}
            ORDER BY ended_at DESC, id DESC LIMIT %(limit)s
            """,  # noqa: S608  # Of our own words.
            values,
        )
        rows = cur.fetchall()
        found = [_boxed(row) for row in rows]
        if len(found) > limit:
            return Page(found[:limit], (found[limit - 1].ended_at, found[limit - 1].id))
        if not chosen.is_narrowed:
            return Page(found, None)
        cur.execute(
            f"SELECT ended_at, id FROM ({statement} OFFSET %(last)s) AS last",  # noqa: S608
            values | {"last": STRETCH - 1},
        )
        return Page(found, cur.fetchone())


def replay(
    conn: Connection, chosen: Chosen, after: Key | None, *, new_key: bool, line: str
) -> tuple[int, Key | None]:
    """Let the next of these records be handled as if for the first time, and say how many.

    With a new key the outside takes them for others, and the journal of their steps is gone. With
    the same one what is done stays done, and what is undone undone; a call without an end is made
    again. Each gets a `line`.
    """
    return _change(
        conn,
        chosen,
        after,
        """
        changed AS (
            UPDATE records SET status = 'new', attempts = 0, lost = 0, error = NULL,
                available_at = clock_timestamp(), started_at = NULL, ended_at = NULL,
                cycle_id = NULL, worker = NULL,
                refused_at = NULL,
                given_up = given_up AND NOT %(new_key)s AND EXISTS (
                    SELECT FROM record_steps WHERE record_id = records.id AND undoes),
                idem_key = CASE WHEN %(new_key)s THEN gen_random_uuid() ELSE idem_key END
            FROM found WHERE records.id = found.id RETURNING records.id, claim_seq
        ), forgotten AS (
            DELETE FROM record_steps USING found
            WHERE record_id = found.id AND (%(new_key)s OR state = 'begun')
        ), told AS (
            INSERT INTO record_lines (record_id, claim_seq, line)
            SELECT id, claim_seq, %(line)s FROM changed
        )
        """,
        {"new_key": new_key, "line": pack(line)},
    )


def mark_done(
    conn: Connection, chosen: Chosen, after: Key | None, *, line: str
) -> tuple[int, Key | None]:
    """Take the next of these records for done, and say how many; their attempts say by whom."""
    return _change(
        conn,
        chosen,
        after,
        """
        changed AS (
            UPDATE records SET status = 'done', ended_at = clock_timestamp(), error = NULL
            FROM found WHERE records.id = found.id RETURNING records.id, claim_seq
        ), told AS (
            INSERT INTO record_attempts (record_id, claim_seq, outcome, message)
            SELECT id, claim_seq, 'done', %(line)s FROM changed
        )
        """,
        {"line": pack(line)},
    )


def _change(
    conn: Connection, chosen: Chosen, after: Key | None, change: str, given: dict[str, object]
) -> tuple[int, Key | None]:
    """Change the next stretch. Where it ends is returned: what comes back meanwhile is newer."""
    statement, values = stretch(chosen, after)
    with conn.cursor() as cur:
        cur.execute(
            f"""
            WITH stretch AS MATERIALIZED ({statement} FOR UPDATE SKIP LOCKED),
            found AS (SELECT id FROM stretch WHERE {narrowing(chosen)}), {change}
            SELECT (SELECT count(*) FROM changed), (SELECT count(*) FROM stretch), ended_at, id
            FROM stretch ORDER BY ended_at, id LIMIT 1
            """,  # noqa: S608  # Of our own words.
            values | given | {"most": AT_ONCE},
        )
        row = cur.fetchone()
    if row is None:
        return 0, None
    changed, looked_at, *key = row
    return changed, (key[0], key[1]) if looked_at == AT_ONCE else None


def _boxed(row: tuple[object, ...]) -> Boxed:
    found = Boxed(*row)  # type: ignore[arg-type]
    return found._replace(error=found.error and unpack(found.error))
