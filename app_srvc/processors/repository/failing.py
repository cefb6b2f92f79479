"""What becomes of a record that could not be handled."""

from typing import NamedTuple

from app_srvc.db import Connection
from app_srvc.processors.repository.records import Taken

# Whether something is to be undone before a record is dead. Its first failure for good begins that,
# with as many attempts anew: what was done would stay so if a process died in the middle.
UNDOABLE = """
    NOT given_up AND EXISTS (SELECT FROM record_steps WHERE record_id = records.id
        AND state = 'done' AND undoable AND NOT undoes)
"""


class Failure(NamedTuple):
    """Why a record could not be handled.

    `kind` is transient (it may do another time), permanent (it never will), or unknown (it may
    have been done). `after_seconds` is how long the other side asks to be left alone.
    """

    kind: str
    message: str
    after_seconds: float = 0.0
    http_status: int | None = None


def fail(conn: Connection, taken: Taken, failure: Failure) -> str | None:
    """Record that it failed, and return its state then; None when it was lost.

    It is tried again after a pause that doubles, up to a limit, with a chance in it, or after what
    the other side asks for; or it goes to the dead, once what was done is undone, or to the
    uncertain.
    """
    with conn.cursor() as cur:
        cur.execute(
            f"""
            WITH mine AS (
                SELECT records.id, backoff_seconds, backoff_cap_seconds,
                    on_unknown = 'park' AS parks, attempts >= max_attempts AS is_last,
                    %(kind)s = 'unknown' OR EXISTS (SELECT FROM record_steps
                        WHERE record_id = records.id AND state = 'begun') AS is_unknown,
                    {UNDOABLE} AS is_undoable
                FROM records JOIN processors ON processors.id = processor_id
                WHERE records.id = %(id)s
            ), judged AS (
                SELECT *, CASE WHEN is_unknown AND (parks OR is_last) THEN 'uncertain'
                    WHEN %(kind)s <> 'permanent' AND NOT is_last THEN 'retry'
                    WHEN is_undoable THEN 'given up' ELSE 'dead' END AS verdict
                FROM mine
            ), failed AS (
                UPDATE records SET lease_until = NULL,
                    error = CASE WHEN given_up AND verdict = 'retry' THEN error
                        ELSE %(message)s END,
                    status = CASE verdict WHEN 'given up' THEN 'retry' ELSE verdict END,
                    given_up = given_up OR verdict = 'given up',
                    attempts = CASE verdict WHEN 'given up' THEN 0 ELSE attempts END,
                    lost = CASE verdict WHEN 'given up' THEN 0 ELSE lost END,
                    ended_at = CASE WHEN verdict IN ('uncertain', 'dead')
                        THEN clock_timestamp() END,
                    available_at = clock_timestamp()
                        + CASE verdict WHEN 'given up' THEN 0 ELSE 1 END * interval '1 second'
                        * greatest(%(after)s, least(backoff_cap_seconds,
                            backoff_seconds * 2 ^ (least(attempts, 20) - 1))
                            * (0.5 + random() / 2))
                FROM judged
                WHERE records.id = judged.id AND claim_seq = %(seq)s AND worker = %(worker)s
                AND status = 'running'
                RETURNING records.status, cycle_id, worker, started_at
            ), told AS (
                INSERT INTO record_attempts (record_id, claim_seq, cycle_id, outcome, worker,
                    started_at, http_status, message)
                SELECT %(id)s, %(seq)s, cycle_id, status, worker, started_at, %(http)s::integer,
                    %(message)s
                FROM failed
            )
            SELECT status FROM failed
            """,  # noqa: S608  # Of our own words.
            {
                "id": taken.id,
                "seq": taken.claim_seq,
                "worker": taken.worker,
                "kind": failure.kind,
                "message": failure.message,
                "after": failure.after_seconds,
                "http": failure.http_status,
            },
        )
        row = cur.fetchone()
    return row[0] if row else None
