"""How a lane gets its next record: the two statements that are run for every one of them.

They are planned once for each connection, and the commonest of all, that one is done and the next
taken, is one round trip.
"""

from collections.abc import Sequence
from typing import Any

from app_srvc.db import Connection, prepared
from app_srvc.db.prepared import Prepared
from app_srvc.processors.repository.records import Lane, Taken

# A lane is kept for longer than a record, so that it need not be written for each.
_MINE = """
    kept AS (
        UPDATE lanes SET lease_until = clock_timestamp() + 2 * lease_seconds * interval '1 second'
        FROM processors WHERE processors.id = processor_id AND processor_id = $1
        AND number = $2 AND seq = $3 AND lease_until > clock_timestamp()
        AND lease_until < clock_timestamp() + 1.5 * lease_seconds * interval '1 second'
    ), shown AS (
        UPDATE workers SET seen_at = clock_timestamp()
        WHERE name = $4 AND seen_at < clock_timestamp() - interval '2 seconds'
    ), mine AS MATERIALIZED (
        SELECT lease_seconds, timeout_seconds, version, destination_failures > 0 AS is_shaky
        FROM lanes JOIN processors ON processors.id = processor_id
        WHERE processor_id = $1 AND number = $2 AND seq = $3 AND lease_until > clock_timestamp()
        AND number < parallel AND desired = 'running'
        AND (probe_at IS NULL OR (probe_at <= clock_timestamp() AND number = 0))
    )
"""
_TAKEN = """
    UPDATE records SET status = 'running', claim_seq = claim_seq + 1,
        attempts = attempts + 1, started_at = clock_timestamp(), worker = $4,
        lease_until = clock_timestamp() + lease_seconds * interval '1 second'
    FROM picked, mine, record_payloads
    WHERE records.id = picked.id AND record_id = records.id
    RETURNING records.id, claim_seq, idem_key, attempts, source_key, order_key,
        media_type, body, timeout_seconds, version, is_shaky,
        CASE WHEN given_up THEN error END, worker
"""
_PICKED = """
    SELECT id FROM records WHERE cycle_id = $5 AND status = 'queued'
    AND EXISTS (SELECT FROM mine) ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED
"""
_TAKE = Prepared(
    "take_record",
    ("integer", "integer", "bigint", "text", "bigint"),
    f"WITH {_MINE}, picked AS MATERIALIZED ({_PICKED}) {_TAKEN}",
)
_COMPLETE_AND_TAKE = Prepared(
    "complete_and_take_record",
    ("integer", "integer", "bigint", "text", "bigint", "bigint", "integer", "integer", "boolean"),
    f"""
    WITH done AS (
        UPDATE records SET status = 'done', ended_at = clock_timestamp(),
            lease_until = NULL, error = NULL
        WHERE id = $6 AND claim_seq = $7 AND worker = $4 AND status = 'running'
        RETURNING cycle_id, worker, started_at
    ), told AS (
        INSERT INTO record_attempts
            (record_id, claim_seq, cycle_id, outcome, worker, started_at, http_status)
        SELECT $6, $7, cycle_id, 'done', worker, started_at, $8 FROM done
    ), {_MINE}, picked AS MATERIALIZED (
        SELECT id FROM ({_PICKED}) AS waiting WHERE EXISTS (SELECT FROM done)
    ), taken AS ({_TAKEN})
    SELECT EXISTS (SELECT FROM done),
        CASE WHEN NOT $9 THEN set_config('synchronous_commit', 'off', true) END, taken.*
    FROM (SELECT) AS always LEFT JOIN taken ON true
    """,  # noqa: S608  # Of our own words.
)


def take(conn: Connection, lane: Lane, cycle_id: int) -> Taken | None:
    """Take the next record of a cycle; None when there is none, or the lane is no longer ours.

    A stop, a lowered number of handlers and a stolen lane act here, within one record; so does a
    destination that is down: the first lane takes one record when it is time to look again. The
    worker shows with it that it lives: others take its records if it does not.
    """
    with conn.cursor() as cur:
        prepared.execute(conn, cur, _TAKE, (*lane, cycle_id))
        row = cur.fetchone()
    return _taken(row, True) if row else None


def complete_and_take(
    conn: Connection,
    taken: Taken,
    http_status: int | None,
    lane: Lane,
    cycle_id: int | None,
    *,
    is_durable: bool,
) -> tuple[bool, Taken | None]:
    """Record that a record is done, and take the next one, if a cycle is named.

    False, and nothing else happens, when it was lost. What is not durable is not waited for to be
    on the disk, which is most of what a short record costs: if the server crashes in that moment,
    one is handled again and the other taken by somebody else.
    """
    with conn.cursor() as cur:
        values = (*lane, cycle_id, taken.id, taken.claim_seq, http_status, is_durable)
        prepared.execute(conn, cur, _COMPLETE_AND_TAKE, values)
        row = cur.fetchone()
    assert row is not None  # noqa: S101  # It has one in any case.
    is_done, _setting, *following = row
    return is_done, _taken(following, is_durable) if following[0] is not None else None


def _taken(row: Sequence[Any], is_durable: bool) -> Taken:
    found = Taken(*row)
    return found._replace(body=bytes(found.body), is_durable=is_durable)
