"""Records on their way in: each once, however often it is sent."""

import os
from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import NamedTuple

from app_srvc.db import Connection

# Longer ones do not fit into the index that keeps them apart.
LONGEST_KEY = 500
# Any number: of locks that are of no row, these are ours.
_TURNS, _ARCHIVE = 243742, 243743


class NewRecord(NamedTuple):
    """A record to be handled. `source_key` tells it from all others of its processor."""

    source_key: str
    media_type: str
    body: bytes
    order_key: str | None = None


class Taken(NamedTuple):
    """What became of a record that was sent: it is `new`, or it was there already.

    `differs` says that what is there has other content; `is_recent`, that it came after the
    moment that was asked about. Of an archived record the content is no longer known.
    """

    id: int
    is_new: bool
    differs: bool = False
    is_recent: bool = False


def add(conn: Connection, processor_id: int, record: NewRecord) -> int | None:
    """Take a record in, and return its id; None when it is there already."""
    taken = add_many(conn, processor_id, [record])[0]
    return taken.id if taken.is_new else None


def add_many(
    conn: Connection, processor_id: int, records: Sequence[NewRecord], since: object = None
) -> list[Taken]:
    """Take records in, no two of one key, and return what became of each, in their order.

    Those that were done long ago and are archived are there already. `since` is the moment after
    which another record of the same key is recent.
    """
    if not records:
        return []
    _wait_for_archive(conn, processor_id)
    if len(records) > 1:
        _take_turn(conn, processor_id)
    new = _insert(conn, processor_id, records)
    rest = [record for number, record in enumerate(records) if number not in new]
    # Another transaction may have just added it: this statement sees what the first one met.
    there = _find(conn, processor_id, rest, since) if rest else {}
    return [
        Taken(new[number], is_new=True) if number in new else there[record.source_key]
        for number, record in enumerate(records)
    ]


def keep_out(conn: Connection, processor_id: int) -> None:
    """Let nobody take records in until this transaction ends, as it moves some to the archive.

    Otherwise one that is just being moved would be found neither here nor there.
    """
    with conn.cursor() as cur:
        cur.execute("SELECT pg_advisory_xact_lock(%s, %s)", (_ARCHIVE, processor_id))


def _wait_for_archive(conn: Connection, processor_id: int) -> None:
    with conn.cursor() as cur:
        cur.execute("SELECT pg_advisory_xact_lock_shared(%s, %s)", (_ARCHIVE, processor_id))


def _insert(conn: Connection, processor_id: int, records: Sequence[NewRecord]) -> dict[int, int]:
    """Insert those that are not there, and return their ids by their place among the sent ones.

    The OFFSET makes it look each key up: before its first ANALYZE a large table seems small, and
    all of it would be read.
    """
    with conn.cursor() as cur:
        cur.execute(
            """
            WITH sent AS MATERIALIZED (
                SELECT *, nextval('records_id_seq') AS id
                FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[], %s::uuid[])
                WITH ORDINALITY AS sent (
                    source_key, order_key, media_type, body, idem_key, number)
            ), added AS (
                INSERT INTO records (id, processor_id, source_key, order_key, idem_key)
                OVERRIDING SYSTEM VALUE
                SELECT id, %s, source_key, order_key, idem_key FROM sent
                WHERE NOT EXISTS (
                    SELECT FROM archived_records AS known WHERE known.processor_id = %s
                    AND known.source_key = sent.source_key OFFSET 0)
                ON CONFLICT (processor_id, source_key) DO NOTHING
                RETURNING id
            ), written AS (
                INSERT INTO record_payloads (record_id, media_type, body)
                SELECT id, media_type, decode(body, 'hex') FROM added JOIN sent USING (id)
            )
            SELECT number - 1, id FROM added JOIN sent USING (id)
            """,
            (
                _array(record.source_key for record in records),
                _array(record.order_key for record in records),
                _array(record.media_type for record in records),
                "{" + ",".join(record.body.hex() or '""' for record in records) + "}",
                _uuids(len(records)),
                processor_id,
                processor_id,
            ),
        )
        return dict(cur.fetchall())


def _find(
    conn: Connection, processor_id: int, records: Sequence[NewRecord], since: object
) -> dict[str, Taken]:
    """Return those that are there, by their keys; what is compared is what they came with."""
    with conn.cursor() as cur:
        cur.execute(
            """
            WITH sent AS MATERIALIZED (
                SELECT * FROM unnest(%s::text[], %s::text[]) AS sent (source_key, digest)
            )
            SELECT source_key, records.id, false,
                encode(sha256(coalesce(first.body, payload.body)), 'hex') <> digest,
                coalesce(created_at >= %s::timestamptz, false)
            FROM sent JOIN records USING (source_key)
            JOIN record_payloads AS payload ON payload.record_id = records.id
            LEFT JOIN LATERAL (
                SELECT body FROM record_payload_versions AS version
                WHERE version.record_id = records.id ORDER BY number LIMIT 1
            ) AS first ON true
            WHERE processor_id = %s
            UNION ALL
            SELECT source_key, id, false, false, false FROM sent
            JOIN archived_records USING (source_key) WHERE processor_id = %s
            """,
            (
                _array(record.source_key for record in records),
                _array(sha256(record.body).hexdigest() for record in records),
                since,
                processor_id,
                processor_id,
            ),
        )
        return {row[0]: Taken(*row[1:]) for row in cur.fetchall()}


def _take_turn(conn: Connection, processor_id: int) -> None:
    """Let no two transactions that take in many wait for each other's keys."""
    with conn.cursor() as cur:
        cur.execute("SELECT pg_advisory_xact_lock(%s, %s)", (_TURNS, processor_id))


def _uuids(count: int) -> str:
    """Return random UUIDs as an array; PostgreSQL takes ten times as long to make them."""
    noise = os.urandom(16 * count).hex()
    # Version 4 of RFC 9562.
    return (
        "{"
        + ",".join(
            f"{noise[at : at + 12]}4{noise[at + 13 : at + 16]}a{noise[at + 17 : at + 32]}"
            for at in range(0, 32 * count, 32)
        )
        + "}"
    )


def _array(texts: Iterable[str | None]) -> str:
    """Write an array as PostgreSQL reads it: as one value it is read much quicker than as many."""
    return "{" + ",".join("NULL" if text is None else _quoted(text) for text in texts) + "}"


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
