"""How a record moves from one state to the next.

Each change carries the record's `claim_seq` and the worker's name: whoever has lost it meanwhile
changes nothing, and leaves a line that says so. The number alone would not do: the take of a record
may not outlive a crash of the server, and be made again by another.
"""

from typing import NamedTuple

from app_srvc.db import Connection


class Lane(NamedTuple):
    """A lane that somebody holds."""

    processor_id: int
    number: int
    seq: int
    owner: str


class Taken(NamedTuple):
    """A record that this lane handles now, and how.

    `idem_key` is the same on every attempt. `version` is that of the processor's parameters;
    `is_shaky` says that its destination has failed last. `given_up` is why it failed for good, if
    it did and what was done is still to be undone. `is_durable` says that the server will know of
    the take after a crash.
    """

    id: int
    claim_seq: int
    idem_key: str
    attempt: int
    source_key: str
    order_key: str | None
    media_type: str
    body: bytes
    timeout_seconds: int
    version: int
    is_shaky: bool
    given_up: str | None
    worker: str
    is_durable: bool = True


def renew(conn: Connection, taken: Taken) -> bool:
    """Keep a record and its lane for another lease; False when the record is lost.

    The worker shows with it that it lives.
    """
    with conn.cursor() as cur:
        cur.execute(
            """
            WITH kept AS (
                UPDATE records SET
                    lease_until = clock_timestamp() + lease_seconds * interval '1 second'
                FROM processors WHERE processors.id = processor_id AND records.id = %s
                AND claim_seq = %s AND worker = %s AND status = 'running'
                RETURNING worker, records.lease_until
            ), held AS (
                UPDATE lanes SET lease_until = greatest(lanes.lease_until, kept.lease_until)
                FROM kept WHERE holder = worker AND lanes.lease_until > clock_timestamp()
            ), shown AS (
                UPDATE workers SET seen_at = clock_timestamp() FROM kept WHERE name = worker
            )
            SELECT FROM kept
            """,
            (taken.id, taken.claim_seq, taken.worker),
        )
        return cur.rowcount == 1


def complete(conn: Connection, taken: Taken, http_status: int | None = None) -> bool:
    """Record that it is done; False when it was lost, and a line says that it was late.

    Called a second time it changes nothing.
    """
    with conn.cursor() as cur:
        cur.execute(
            """
            WITH done AS (
                UPDATE records SET status = 'done', ended_at = clock_timestamp(),
                    lease_until = NULL, error = NULL
                WHERE id = %(id)s AND claim_seq = %(seq)s AND worker = %(worker)s
                AND status = 'running' RETURNING cycle_id, worker, started_at
            )
            INSERT INTO record_attempts
                (record_id, claim_seq, cycle_id, outcome, worker, started_at, http_status)
            SELECT %(id)s, %(seq)s, cycle_id, 'done', worker, started_at, %(http)s::integer
            FROM done
            RETURNING 1
            """,
            {
                "id": taken.id,
                "seq": taken.claim_seq,
                "worker": taken.worker,
                "http": http_status,
            },
        )
        return cur.rowcount == 1


def note_late(
    conn: Connection, taken: Taken, outcome: str, message: str, http_status: int | None
) -> None:
    """Keep what became of a record that was lost, unless it is the very end that stands in it."""
    with conn.cursor() as cur:
        cur.execute(
            "INSERT INTO record_attempts"
            " (record_id, claim_seq, outcome, http_status, message)"
            " SELECT %(id)s, %(seq)s, %(outcome)s, %(http)s, %(message)s"
            " WHERE NOT EXISTS (SELECT FROM record_attempts WHERE record_id = %(id)s"
            " AND claim_seq = %(seq)s AND outcome IN ('done', 'retry', 'dead', 'uncertain'))",
            {
                "id": taken.id,
                "seq": taken.claim_seq,
                "outcome": outcome,
                "http": http_status,
                "message": message,
            },
        )


def give_back(conn: Connection, taken: Taken, *, is_refused: bool = False) -> bool:
    """Let a record wait again as if it had not been taken: nothing was done about it.

    `is_refused` says that the other side did not let it in.
    """
    with conn.cursor() as cur:
        cur.execute(
            "WITH back AS (UPDATE records SET status = 'new', attempts = attempts - 1,"
            " lease_until = NULL, cycle_id = NULL, available_at = clock_timestamp(),"
            " refused_at = CASE WHEN %s THEN clock_timestamp() ELSE refused_at END"
            " WHERE id = %s AND claim_seq = %s AND worker = %s"
            " AND status = 'running' RETURNING id, claim_seq, worker, started_at)"
            " INSERT INTO record_attempts (record_id, claim_seq, outcome, worker, started_at)"
            " SELECT id, claim_seq, 'given back', worker, started_at FROM back",
            (is_refused, taken.id, taken.claim_seq, taken.worker),
        )
        return cur.rowcount == 1


def is_refused_alone(conn: Connection, taken: Taken) -> bool:
    """Say whether this record was not let in before, and others of its processor were since."""
    with conn.cursor() as cur:
        cur.execute(
            "SELECT EXISTS (SELECT FROM records"
            " JOIN cycles ON cycles.processor_id = records.processor_id"
            " AND coalesce(cycles.ended_at, 'infinity') > refused_at"
            " JOIN record_attempts AS others ON others.cycle_id = cycles.id"
            " AND outcome = 'done' AND others.ended_at > refused_at AND record_id <> records.id"
            " WHERE records.id = %s)",
            (taken.id,),
        )
        row = cur.fetchone()
    return bool(row and row[0])
