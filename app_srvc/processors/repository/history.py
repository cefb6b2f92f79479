"""One record: how it stands, what became of each attempt, and the lines about it."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from app_srvc.db import Connection
from app_srvc.words import Sentence, unpack

# Nobody reads more of them; a download has them all.
MANY = 200


class Record(NamedTuple):
    """A record without its content; `versions` counts what was in it before.

    One that is `given_up` has failed for good, and its steps are undone before it is dead.
    """

    id: int
    processor_id: int
    source_key: str
    order_key: str | None
    status: str
    attempts: int
    lost: int
    idem_key: UUID
    available_at: datetime
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    worker: str | None
    cycle_id: int | None
    error: Sentence | None
    media_type: str
    size: int
    given_up: bool
    versions: int


class Archived(NamedTuple):
    """What is kept of a record that was done long ago."""

    id: int
    source_key: str
    idem_key: str
    attempts: int
    created_at: datetime
    ended_at: datetime


class Attempt(NamedTuple):
    """What became of a claim; a "late" outcome was reported by who had lost the record."""

    claim_seq: int
    outcome: str
    worker: str | None
    started_at: datetime | None
    ended_at: datetime
    http_status: int | None
    message: Sentence | None
    cycle_id: int | None


class Step(NamedTuple):
    """What the journal says of a step. 0 is the handler itself."""

    number: int
    name: str
    state: str
    http_status: int | None
    media_type: str | None
    size: int | None
    changed_at: datetime


class Line(NamedTuple):
    """A line about a record."""

    at: datetime
    line: Sentence


def find(conn: Connection, processor_id: int, record_id: int) -> Record | None:
    """Return a record of a processor."""
    with conn.cursor() as cur:
        cur.execute(
            """
            SELECT id, processor_id, source_key, order_key, status, attempts, lost, idem_key::text,
                available_at, created_at, started_at, ended_at, worker, cycle_id, error, media_type,
                octet_length(body), given_up, (SELECT count(*) FROM record_payload_versions
                    WHERE record_id = records.id)
            FROM records JOIN record_payloads ON record_id = id
            WHERE id = %s AND processor_id = %s
            """,
            (record_id, processor_id),
        )
        row = cur.fetchone()
    if row is None:
        return None
    found = Record(*row)
    error = found.error and unpack(found.error)
    return found._replace(idem_key=UUID(str(found.idem_key)), error=error)


def find_key(conn: Connection, processor_id: int, source_key: str) -> int | None:
    """Return the id of the record with that key, also of one that is archived."""
    with conn.cursor() as cur:
        cur.execute(
            "SELECT id FROM records WHERE processor_id = %s AND source_key = %s UNION ALL"
            " SELECT id FROM archived_records WHERE processor_id = %s AND source_key = %s",
            (processor_id, source_key) * 2,
        )
        row = cur.fetchone()
    return row[0] if row else None


def find_archived(conn: Connection, processor_id: int, record_id: int) -> Archived | None:
    """Return what is kept of a record that is archived."""
    with conn.cursor() as cur:
        cur.execute(
            "SELECT id, source_key, idem_key::text, attempts, created_at, ended_at"
            " FROM archived_records WHERE id = %s AND processor_id = %s",
            (record_id, processor_id),
        )
        row = cur.fetchone()
    return Archived(*row) if row else None


def attempts(conn: Connection, record_id: int) -> list[Attempt]:
    """Return what became of the last claims, the newest first."""
    with conn.cursor() as cur:
        cur.execute(
            "SELECT claim_seq, outcome, worker, started_at, ended_at, http_status, message,"
            " cycle_id FROM record_attempts WHERE record_id = %s ORDER BY ended_at DESC LIMIT %s",
            (record_id, MANY),
        )
        found = [Attempt(*row) for row in cur.fetchall()]
    return [
        attempt._replace(message=attempt.message and unpack(attempt.message)) for attempt in found
    ]


def steps(conn: Connection, record_id: int) -> list[Step]:
    """Return the journal of a record."""
    with conn.cursor() as cur:
        cur.execute(
            "SELECT number, name, state, http_status, media_type, octet_length(body), changed_at"
            " FROM record_steps WHERE record_id = %s ORDER BY number",
            (record_id,),
        )
        return [Step(*row) for row in cur.fetchall()]


def lines(conn: Connection, record_id: int) -> list[Line]:
    """Return the last lines about a record, oldest first."""
    with conn.cursor() as cur:
        cur.execute(
            "SELECT at, line FROM record_lines WHERE record_id = %s ORDER BY at DESC LIMIT %s",
            (record_id, MANY),
        )
        return [Line(at, unpack(line)) for at, line in reversed(cur.fetchall())]
