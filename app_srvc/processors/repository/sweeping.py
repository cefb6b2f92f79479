"""Take back what is lost: records whose lease is over, or whose worker is gone."""

from app_srvc.db import Connection
from app_srvc.processors.repository.failing import UNDOABLE
from app_srvc.words import _

AT_ONCE = 500

_SILENT = _("The worker that handled it has not been heard of.")
_ENDED = _("The process that handled it ended unexpectedly.")
_TOO_LONG = _("It took longer than it may.")

# Lost too often, it may be what ends its workers: it goes to the dead, once its steps are undone.
_TAKE_BACK = """
    WITH late AS MATERIALIZED (
        SELECT records.id, on_unknown = 'park' AND EXISTS (
                SELECT FROM record_steps WHERE record_id = records.id AND state = 'begun'
            ) AS is_unknown,
            attempts >= max_attempts OR lost + 1 >= max_lost AS is_last,
            {undoable} AS is_undoable,
            clock_timestamp() - started_at >= timeout_seconds * interval '1 second' AS is_over
        FROM records JOIN processors ON processors.id = processor_id
        WHERE status = 'running' AND ({whose})
        ORDER BY lease_until LIMIT %(limit)s FOR UPDATE OF records SKIP LOCKED
    ), judged AS (
        SELECT *, is_last AND is_undoable AND NOT is_unknown AS is_to_be_undone,
            is_unknown OR (is_last AND NOT is_undoable) AS is_ended
        FROM late
    ), swept AS (
        UPDATE records SET lease_until = NULL, claim_seq = claim_seq + 1,
            lost = CASE WHEN is_to_be_undone THEN 0 ELSE lost + 1 END,
            attempts = CASE WHEN is_to_be_undone THEN 0 ELSE attempts END,
            given_up = given_up OR is_to_be_undone,
            error = CASE WHEN given_up AND NOT is_ended THEN error
                WHEN is_over THEN %(too_long)s ELSE %(message)s END,
            status = CASE WHEN is_unknown THEN 'uncertain' WHEN is_ended THEN 'dead'
                ELSE 'retry' END,
            ended_at = CASE WHEN is_ended THEN clock_timestamp() END,
            available_at = clock_timestamp()
        FROM judged WHERE records.id = judged.id
        RETURNING records.id, claim_seq - 1 AS claim_seq, cycle_id, worker, started_at,
            CASE WHEN is_over THEN %(too_long)s ELSE %(message)s END AS error
    )
    INSERT INTO record_attempts
        (record_id, claim_seq, cycle_id, outcome, worker, started_at, message)
    SELECT id, claim_seq, cycle_id, 'lost', worker, started_at, error FROM swept
"""
_OF_WORKER = _TAKE_BACK.format(undoable=UNDOABLE, whose="worker = %(worker)s")
_OF_NOBODY = _TAKE_BACK.format(
    undoable=UNDOABLE,
    whose="lease_until < clock_timestamp() OR NOT EXISTS (SELECT FROM workers"
    " WHERE name = worker AND seen_at > now() - interval '1 second' * %(silent)s)",
)


def sweep(conn: Connection, silent_seconds: float) -> int:
    """Take back records whose lease is over, or whose worker has been silent for so long.

    They are tried again, or parked. Any number of processes may sweep at once. Returns how many
    there were.
    """
    return _take_back(conn, _OF_NOBODY, _SILENT, silent=silent_seconds)


def take_back(conn: Connection, worker: str) -> int:
    """Take back what a worker had in work whose process is gone, and return how many."""
    return _take_back(conn, _OF_WORKER, _ENDED, worker=worker)


def give_back(conn: Connection, worker: str, but: int = 0) -> int:
    """Let wait again what a worker had in work and was ended on purpose, and return how many.

    As if it had not been taken, unless a call was under way whose effect nobody knows. `but` is
    the id of a record that stays with the worker.
    """
    with conn.cursor() as cur:
        cur.execute(
            "WITH back AS (UPDATE records SET status = 'new', attempts = attempts - 1,"
            " lease_until = NULL, cycle_id = NULL, claim_seq = claim_seq + 1"
            " WHERE worker = %s AND id <> %s AND status = 'running' AND NOT EXISTS ("
            " SELECT FROM record_steps WHERE record_id = records.id AND state = 'begun')"
            " RETURNING id, claim_seq - 1 AS claim_seq, worker, started_at)"
            " INSERT INTO record_attempts (record_id, claim_seq, outcome, worker, started_at)"
            " SELECT id, claim_seq, 'given back', worker, started_at FROM back",
            (worker, but),
        )
        return cur.rowcount


def _take_back(conn: Connection, statement: str, message: str, **whose: object) -> int:
    with conn.cursor() as cur:
        cur.execute(
            statement,
            {"limit": AT_ONCE, "message": str(message), "too_long": str(_TOO_LONG), **whose},
        )
        return cur.rowcount
